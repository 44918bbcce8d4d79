"""Tables written as CSV, as one XLSX workbook or as one JSON document, a batch at a time. Pure."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from audit.tables import BOM, SheetOut, guarded, neutral, plain_part, write_workbook
from workloads.catalogue.values import joined

FORMAT = "drportal register"
VERSION = 1


@dataclass(frozen=True)
class Table:
    key: str
    title: str
    header: Sequence[str]
    keys: Sequence[str]
    batches: Iterable[list[list[Any]]]
    by_comma: frozenset[int] = frozenset()  # lists that are written as people write tags


def cell(value: Any, *, by_comma: bool = False) -> str:
    """A cell that no spreadsheet takes for a formula; the import takes the apostrophe off again."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = ", ".join(value) if by_comma else joined(value)
    return neutral(value)


def _cells(table: Table) -> Iterator[list[list[str]]]:
    for batch in table.batches:
        yield [[cell(value, by_comma=at in table.by_comma) for at, value in enumerate(row)] for row in batch]


def write_csv(out: IO[bytes], table: Table) -> None:
    out.write(BOM)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.header)
    for batch in _cells(table):
        writer.writerows([guarded(text) for text in row] for row in batch)
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode())


def write_zip(out: IO[bytes], tables: Iterable[Table]) -> None:
    """One CSV for each kind of row."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for table in tables:
            with archive.open(plain_part(f"{table.key}.csv"), "w", force_zip64=True) as part:
                write_csv(part, table)


def write_xlsx(out: IO[bytes], tables: Iterable[Table]) -> None:
    """A workbook with one sheet for each kind of row."""
    write_workbook(out, (SheetOut(table.title, table.header, _cells(table)) for table in tables))


def write_json(out: IO[bytes], tables: Iterable[Table], about: dict[str, Any], plain: Callable[[Any], Any]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    head = encode({"format": FORMAT, "version": VERSION} | about)
    out.write(head[:-1].encode())
    for table in tables:
        out.write(f',\n"{table.key}": ['.encode())
        first = True
        for batch in table.batches:
            rows = [encode(dict(zip(table.keys, map(plain, row), strict=True))) for row in batch]
            out.write((("\n" if first else ",\n") + ",\n".join(rows)).encode())
            first = False
        out.write(b"]")
    out.write(b"}\n")
