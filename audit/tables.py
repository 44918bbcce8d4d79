"""Cells that are harmless in a spreadsheet, and workbooks written row by row: a million need the memory of a batch. Pure."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import IO, Any, NamedTuple

BOM = b"\xef\xbb\xbf"  # the mark by which spreadsheets know UTF-8
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# A spreadsheet that splits a CSV at semicolons or tabs does not heed quotation marks in the middle of what it takes for a cell,
# so that each of these may begin another cell, and a line break another row.
_SPLITS = re.compile(r"""([;\t\r\n])(?=[\s"']*[=+\-@])""")
_SPLITS_GUARDED = re.compile(r"""([;\t\r\n])'(?=[\s"']*[=+\-@])""")
WRITTEN_AT_ONCE = 500
SHEET_ROWS_MAX = 1_000_000  # below the last row of any spreadsheet; what is more goes to a sheet of its own
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


def neutral(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: such a text gets a leading apostrophe. Numbers stay numbers.

    A text that begins with apostrophes and then with such a sign gets one more, so that taking one off gives back the text.
    """
    if isinstance(value, int):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def guarded(text: str) -> str:
    """A neutral cell for a CSV: none of what it may be split into begins a formula."""
    return _SPLITS.sub(r"\1'", text)


def neutral_csv(value: Any) -> str:
    """A cell of a CSV that begins no formula, whatever a spreadsheet splits at: commas, semicolons, tabs or line breaks."""
    return guarded(neutral(value))


def plain_cell(text: str) -> str:
    """What was written, without the apostrophes of `neutral` and `neutral_csv`."""
    if "'" not in text:
        return text
    text = _SPLITS_GUARDED.sub(r"\1", text)
    return text[1:] if text[:1] == "'" and text.lstrip("'")[:1] in FORMULA_STARTS else text


def utc(at: dt.datetime | None) -> str:
    """A moment as a cell: to the second, in UTC; empty for none."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}" if at else ""


class SheetOut(NamedTuple):
    title: str
    header: Sequence[str]
    batches: Iterable[list[list[str]]]


def write_workbook(out: IO[bytes], sheets: Iterable[SheetOut]) -> None:
    """Every cell is a text, so nothing in it is ever computed."""
    titles: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for sheet in sheets:
            lines, nth = (row for batch in sheet.batches for row in batch), 1
            first: list[list[str]] | None = []
            while first is not None:
                titles.append(sheet.title if nth == 1 else f"{sheet.title} {nth}")
                name = f"xl/worksheets/sheet{len(titles)}.xml"
                with archive.open(plain_part(name), "w", force_zip64=True) as part:
                    _write_sheet(part, sheet.header, chain(first, lines))
                following = next(lines, None)
                first, nth = (None if following is None else [following]), nth + 1
        for name, text in _around(titles).items():
            archive.writestr(plain_part(name), _XML + text)


def plain_part(name: str) -> zipfile.ZipInfo:
    """Without the time of writing: the same rows make the same file."""
    part = zipfile.ZipInfo(name)
    part.compress_type = zipfile.ZIP_DEFLATED
    return part


def _write_sheet(out: IO[bytes], header: Sequence[str], lines: Iterator[list[str]]) -> None:
    view = '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
    out.write(f'{_XML}<worksheet xmlns="{_SPREADSHEET}"><sheetViews>{view}</sheetViews><sheetData>'.encode())
    out.write(_line(list(header)).encode())
    for start in range(0, SHEET_ROWS_MAX, WRITTEN_AT_ONCE):
        at_once = list(islice(lines, min(WRITTEN_AT_ONCE, SHEET_ROWS_MAX - start)))
        if not at_once:
            break
        out.write("".join(map(_line, at_once)).encode())
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
