"""Tables written as CSV, as one XLSX workbook or as one JSON document, a batch at a time. Pure."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from workloads.catalogue.values import joined

BOM = b"\xef\xbb\xbf"  # the mark by which spreadsheets know UTF-8
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
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
    text = value if isinstance(value, str) else str(value)
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def _cells(table: Table) -> Iterator[list[list[str]]]:
    for batch in table.batches:
        yield [[cell(value, by_comma=at in table.by_comma) for at, value in enumerate(row)] for row in batch]


def write_csv(out: IO[bytes], table: Table) -> None:
    out.write(BOM)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.header)
    for batch in _cells(table):
        writer.writerows(batch)
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode())


def write_zip(out: IO[bytes], tables: Iterable[Table]) -> None:
    """One CSV for each kind of row."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for table in tables:
            with archive.open(_part(f"{table.key}.csv"), "w", force_zip64=True) as part:
                write_csv(part, table)


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


# --- XLSX ---------------------------------------------------------------------------------------------------------
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# What XML cannot hold; a carriage return it would take for a line feed.
_ESCAPED = str.maketrans(
    dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))
    | {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
)


def write_xlsx(out: IO[bytes], tables: Iterable[Table]) -> None:
    """A workbook with one sheet for each kind of row; every cell is a text, so nothing in it is ever computed."""
    titles = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, table in enumerate(tables, 1):
            titles.append(table.title)
            with archive.open(_part(f"xl/worksheets/sheet{number}.xml"), "w", force_zip64=True) as part:
                _write_sheet(part, table)
        for name, text in _around(titles).items():
            archive.writestr(_part(name), _XML + text)


def _part(name: str) -> zipfile.ZipInfo:
    """Without the time of writing: the same rows make the same file."""
    part = zipfile.ZipInfo(name)
    part.compress_type = zipfile.ZIP_DEFLATED
    return part


def _write_sheet(out: IO[bytes], table: Table) -> None:
    view = '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
    out.write(f'{_XML}<worksheet xmlns="{_SPREADSHEET}"><sheetViews>{view}</sheetViews><sheetData>'.encode())
    out.write(_line(list(table.header)).encode())
    for batch in _cells(table):
        out.write("".join(map(_line, batch)).encode())
    out.write(b"</sheetData></worksheet>")


def _line(cells: list[str]) -> str:
    texts = [
        f'<c t="inlineStr"><is><t xml:space="preserve">{text.translate(_ESCAPED)}</t></is></c>' if text else "<c/>"
        for text in cells
    ]
    return f"<row>{''.join(texts)}</row>"


def _around(titles: list[str]) -> dict[str, str]:
    """The parts that make a workbook of the sheets."""
    numbers = range(1, len(titles) + 1)
    sheets = "".join(f'<sheet name="{t}" sheetId="{n}" r:id="rId{n}"/>' for n, t in enumerate(titles, 1))
    relation = '<Relationship Id="rId{n}" Type="{office}/{what}" Target="{target}"/>'
    inner = "".join(
        relation.format(n=n, office=_OFFICE, what="worksheet", target=f"worksheets/sheet{n}.xml") for n in numbers
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
    )
    outer = relation.format(n=1, office=_OFFICE, what="officeDocument", target="xl/workbook.xml")
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f"{parts}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{outer}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>',
    }
