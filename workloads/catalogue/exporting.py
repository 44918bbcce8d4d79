"""The whole register, or one kind of row, as a file that the import reads again."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO

from django.db import connection, transaction

from people.models import User
from workloads.catalogue import files
from workloads.catalogue.going_out import batches, header, keys, kinds_for, plain
from workloads.catalogue.kinds import KINDS

FORMATS = ("json", "xlsx", "zip")
SPOOLED = 1024 * 1024  # larger files go to the disk, not into memory


def export_register(*, form: str, by: User, at: dt.datetime) -> IO[bytes]:
    """Everything this person may see, of one moment. Raises KeyError for an unknown form."""
    with _one_moment():
        tables = [_table(kind, by) for kind in kinds_for(by)]
        out: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 (who sends it closes it)
        if form == "json":
            left_out = [kind for kind in KINDS if kind not in kinds_for(by)]
            about = {"exported_at": at.isoformat(timespec="seconds")} | ({"left_out": left_out} if left_out else {})
            files.write_json(out, tables, about, plain)
        else:
            {"xlsx": files.write_xlsx, "zip": files.write_zip}[form](out, tables)
    return _from_the_start(out)


def export_kind(*, kind: str, by: User) -> IO[bytes]:
    """One kind of row as CSV. Raises KeyError for what is no kind, or not to be seen by this person."""
    if kind not in kinds_for(by):
        raise KeyError(kind)
    out: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 (who sends it closes it)
    with _one_moment():
        files.write_csv(out, _table(kind, by))
    return _from_the_start(out)


def _table(kind: str, by: User) -> files.Table:
    names = keys(kind)
    by_comma = frozenset({names.index("tags")} if "tags" in names else ())
    return files.Table(kind, KINDS[kind].title, header(kind), names, batches(kind, by), by_comma)


def _from_the_start(out: IO[bytes]) -> IO[bytes]:
    out.seek(0)
    return out


def _one_moment() -> AbstractContextManager[None]:
    """All tables as they were when the first was read; inside another transaction, as that sees them."""
    return nullcontext() if connection.in_atomic_block else _snapshot()


@contextmanager
def _snapshot() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
