"""The whole register, or one kind of row, as a file that the import reads again."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO

from django.db import connection, transaction

from audit.spreadsheets import SPOOLED
from people.models import User
from workloads.catalogue import files
from workloads.catalogue.going_out import batches, header, keys, kinds_for, plain
from workloads.catalogue.kinds import KINDS

FORMATS = ("json", "xlsx", "zip")
KIND_FORMATS = ("csv", "xlsx", "json")


def forms_of(kind: str) -> tuple[str, ...]:
    """In which forms a kind of row goes out; "": all of them."""
    return KIND_FORMATS if kind else FORMATS


def export_register(*, form: str, by: User, at: dt.datetime, kind: str = "") -> IO[bytes]:
    """Everything this person may see, or one kind of row, of one moment.

    Raises KeyError for an unknown form, and for a kind that there is not or that is not to be seen by this person.
    """
    theirs = kinds_for(by)
    if kind and kind not in theirs:
        raise KeyError(kind)
    out: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 (who sends it closes it)
    with _one_moment():
        tables = [_table(each, by) for each in ([kind] if kind else theirs)]
        if form == "json":
            left_out = [each for each in KINDS if each not in theirs and not kind]
            about = {"exported_at": at.isoformat(timespec="seconds")} | ({"left_out": left_out} if left_out else {})
            files.write_json(out, tables, about, plain)
        elif form == "csv":
            files.write_csv(out, *tables)
        else:
            {"xlsx": files.write_xlsx, "zip": files.write_zip}[form](out, tables)
    out.seek(0)
    return out


def _table(kind: str, by: User) -> files.Table:
    names = keys(kind)
    by_comma = frozenset({names.index("tags")} if "tags" in names else ())
    return files.Table(kind, KINDS[kind].title, header(kind), names, batches(kind, by), by_comma)


def _one_moment() -> AbstractContextManager[None]:
    """All tables as they were when the first was read; inside another transaction, as that sees them."""
    return nullcontext() if connection.in_atomic_block else _snapshot()


@contextmanager
def _snapshot() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
