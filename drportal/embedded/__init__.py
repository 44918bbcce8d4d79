"""A real PostgreSQL and a real Valkey from wheels, for `make run` and `make test`: no container, no system service.

Only the standard library and psycopg; knows nothing of Django. Each server lives in one directory that it is given. It
outlives a killed supervisor, and whoever starts it next on that directory attaches to it: there is never a second one.
PostgreSQL refuses to run as root: as root its programs run as the account that owns the data (`postgres`, or `nobody`).
"""

from drportal.embedded.postgres import Postgres, VersionMismatch, find_postgres
from drportal.embedded.tools import HOST, ServiceError, free_port, locked, port_is_free, write_private
from drportal.embedded.valkey import Valkey, find_valkey

__all__ = [
    "HOST",
    "Postgres",
    "ServiceError",
    "Valkey",
    "VersionMismatch",
    "find_postgres",
    "find_valkey",
    "free_port",
    "locked",
    "port_is_free",
    "write_private",
]
