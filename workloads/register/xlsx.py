"""XLSX through openpyxl, read only and with values only; nothing in the file is run, followed or unpacked without bound."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
from openpyxl.cell.cell import ERROR_CODES

from workloads.catalogue.kinds import kind_called
from workloads.register.sheet import COLUMNS_MAX, MEGABYTE, BadCell, Cell, Sheet, UnreadableFile, shown

UNPACKED_MAX = 64 * MEGABYTE
RATIO_MAX = 200  # tables pack 5 to 30 times, bombs a thousand times
RATIO_FROM = 4 * MEGABYTE  # below that a ratio harms nobody
PARTS_MAX = 2_000
# Of XML tags: time and memory grow with them. Beside the sheets there are mostly the texts, four tags each.
TAGS_MAX, OTHER_TAGS_MAX = 4_000_000, 1_200_000
LAST_ROW = 1_048_576  # of any spreadsheet
EMPTY = (None,) * (COLUMNS_MAX + 1)
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"
WIDE_INTEGER = 10**15

LOCKED_OR_OLD = "This is an old Excel file (XLS) or one with a password. Save it as XLSX without a password, or as CSV."
BROKEN = "This XLSX file cannot be read. Open it in a spreadsheet program and save it again, or save it as CSV."
BOMB = "This file would unpack to far more than a register needs. Copy the rows into a new, empty workbook."
NO_RESULT = "A formula without a result. Open the file in a spreadsheet program and save it, or write the value itself."
OTHER_ZIP = "This is not an XLSX workbook. Save it as XLSX or CSV."


def read_book(data: bytes) -> list[tuple[str, Sheet]]:
    """The first sheet, and all others that `kind_called` knows by their title. Raises UnreadableFile."""
    try:
        has_formulas = _check_archive(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of extensions, styles and drawings it leaves out
            return _read(data, has_formulas)
    except UnreadableFile:
        raise
    except Exception:  # noqa: BLE001 (zipfile and openpyxl have no error of their own: a broken file raises what it trips over)
        raise UnreadableFile(BROKEN) from None


def _check_archive(data: bytes) -> bool:
    """Refuse what would unpack without bound, and what declares entities; say whether there are formulas.

    Sizes are as the archive declares them: `zipfile` gives out no more than that, whatever is packed.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        total = sum(part.file_size for part in parts)
        if len(parts) > PARTS_MAX or total > UNPACKED_MAX:
            raise UnreadableFile(BOMB)
        if total > RATIO_FROM and total > RATIO_MAX * len(data):
            raise UnreadableFile(BOMB)
        if "xl/workbook.xml" not in archive.namelist():
            raise UnreadableFile(OTHER_ZIP)
        return _scan(archive, [part for part in parts if part.filename.lower().endswith((".xml", ".rels"))])


def _scan(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> bool:
    """Go through the parts once, a chunk at a time. Spreadsheet programs write no declarations; attackers do."""
    tags, others, formulas = 0, 0, False
    for part in parts:
        before, is_sheet = b"", part.filename.startswith("xl/worksheets/")
        with archive.open(part) as stream:
            while chunk := stream.read(MEGABYTE):
                found = chunk.count(b"<")
                tags, others = tags + found, others + (0 if is_sheet else found)
                seen = before + chunk.replace(b"\0", b"")  # also in UTF-16
                formulas = formulas or b"<f>" in seen or b"<f " in seen or b"<f/" in seen
                if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                    raise UnreadableFile(BROKEN)
                before = seen[-8:]
        if tags > TAGS_MAX or others > OTHER_TAGS_MAX:
            raise UnreadableFile(BOMB)
    return formulas


def _read(data: bytes, has_formulas: bool) -> list[tuple[str, Sheet]]:
    values = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    if not values.worksheets:
        raise UnreadableFile("The workbook has no sheet with rows. Put the register on its first sheet.")
    plain = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False) if has_formulas else None
    first, *others = values.worksheets
    known = [first, *(sheet for sheet in others if kind_called(str(sheet.title)) is not None)]
    found = []
    for each in known:
        sheet = Sheet([])
        rows = _rows(each)
        if plain is not None:
            rows = _with_formulas(rows, _rows(plain[str(each.title)]))
        for number, row in enumerate(rows, start=1):
            if row != EMPTY:
                sheet.add(number, [_cell(value) for value in row])
        found.append((str(each.title), sheet))
    if len(known) == 1 and others:
        found[0][1].notes.append(f"Only the first sheet was read: “{shown(str(first.title), 30)}”.")
    elif unread := [str(sheet.title) for sheet in others if sheet not in known]:
        found[0][1].notes.append(f"Sheets not read: {', '.join(shown(title, 30) for title in unread[:8])}.")
    return found


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # A file may claim cells anywhere. Without bounds openpyxl fills up to them: billions of rows, or 16,384 columns in each.
    sheet.reset_dimensions()
    yield from sheet.iter_rows(max_row=LAST_ROW, max_col=COLUMNS_MAX + 1, values_only=True)


def _with_formulas(values: Iterator[tuple[Any, ...]], plain: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The values; where there is a formula but no value, a cell that says so."""
    for row, formulas in zip(values, plain, strict=True):
        yield tuple(
            BadCell(NO_RESULT) if value is None and formula is not None else value
            for value, formula in zip(row, formulas, strict=True)
        )


def _cell(value: Any) -> Cell:
    """A value as a person would have typed it."""
    match value:
        case None:
            return ""
        case BadCell():
            return value
        case str():
            text = value.strip()
            return (
                BadCell(f"The formula ended in {text}. Correct it, or write the value.")
                if text in ERROR_CODES
                else text
            )
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < WIDE_INTEGER:
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat(" ") if isinstance(value, dt.datetime) else value.isoformat()
    return str(value)
