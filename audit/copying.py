"""Thousands of rows into a table at once, by COPY: a tenth of what one INSERT with as many parameters takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Values as psycopg writes them; objects of JSON as text. Constraints and triggers see the rows as after an INSERT.

    Returns how many rows were written.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    statement = f'COPY "{table}" ({names}) FROM STDIN'
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        count = 0
        for row in rows:
            copy.write_row(row)
            count += 1
        return count


def copy_in(things: Sequence[Row]) -> None:
    """New rows of one model, which get their numbers; as `bulk_create`, but many at once and without signals."""
    if not things:
        return
    meta = type(things[0])._meta
    fields = meta.concrete_fields
    key = meta.pk
    if isinstance(key, models.AutoField):
        for thing, number in zip(things, _numbers(meta.db_table, str(key.column), len(things)), strict=True):
            thing.pk = number
    prepare = [_prepared(field) for field in fields]
    names = [field.attname for field in fields]
    rows = ([write(getattr(thing, name)) for name, write in zip(names, prepare, strict=True)] for thing in things)
    copy_rows(meta.db_table, [str(field.column) for field in fields], rows)
    for thing in things:
        thing._state.adding, thing._state.db = False, connection.alias


def _numbers(table: str, column: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, column, count]
        )
        return [number for (number,) in cursor.fetchall()]


def _prepared(field: Any) -> Any:
    if isinstance(field, models.JSONField):
        return lambda value: None if value is None else json.dumps(value, cls=field.encoder)
    return lambda value: value
