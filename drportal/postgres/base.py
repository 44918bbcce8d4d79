"""What `ENGINE` names: Django's own backend with our pool."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from drportal.postgres.pool import Pool


class DatabaseWrapper(base.DatabaseWrapper):
    """`OPTIONS["pool"]` is `{"size": connections, "limits": Deadlines}`; without it each thread has its own connection."""

    @property
    def pool(self) -> Any:
        given = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not given:
            return None
        this: Any = self  # the stubs do not know these attributes
        pools: dict[str, Pool] = this._connection_pools
        if self.alias not in pools:
            params = self.get_connection_params() | {"autocommit": True}
            pools.setdefault(self.alias, Pool(params, this._configure_connection, **given))
        return pools[self.alias]
