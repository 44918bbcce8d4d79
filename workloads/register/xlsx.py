"""XLSX through openpyxl, read only and with values only; nothing in the file is run, followed or unpacked without bound."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._reader import WorkSheetParser

from workloads.catalogue.kinds import kind_called
from workloads.register.cells import cell_text
from workloads.register.sheet import COLUMNS_MAX, MEGABYTE, BadCell, Cell, Sheet, UnreadableFile, ranges, shown

UNPACKED_MAX = 64 * MEGABYTE
RATIO_MAX = 200  # tables pack 5 to 30 times, bombs a thousand times
RATIO_FROM = 4 * MEGABYTE  # below that a ratio harms nobody
PARTS_MAX = 2_000
# Of XML tags: time and memory grow with them. Beside the sheets there are mostly the texts, four tags each.
TAGS_MAX, OTHER_TAGS_MAX = 4_000_000, 1_200_000
NAMED_MAX = 8
LAST_ROW = 1_048_576  # of any spreadsheet
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"

LOCKED_OR_OLD = "This is an old Excel file (XLS) or one with a password. Save it as XLSX without a password, or as CSV."
BROKEN = "This XLSX file cannot be read. Open it in a spreadsheet program and save it again, or save it as CSV."
BOMB = "This file would unpack to far more than a register needs. Copy the rows into a new, empty workbook."
NO_RESULT = "A formula without a result. Open the file in a spreadsheet program and save it, or write the value itself."
SHOW = "Show them and choose the file again if they are meant."
OTHER_ZIP = "This is not an XLSX workbook. Save it as XLSX or CSV."


def read_book(data: bytes) -> list[tuple[str, Sheet]]:
    """The first visible sheet, and all other visible ones that `kind_called` knows by their title. Raises UnreadableFile."""
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
    seen = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible"] or list(values.worksheets)
    first, *others = seen
    known = [first, *(sheet for sheet in others if kind_called(str(sheet.title)) is not None)]
    found = [(str(each.title), _read_sheet(each, plain)) for each in known]
    notes = found[0][1].notes
    if unread := [str(sheet.title) for sheet in others if sheet not in known]:
        notes.append(f"Sheets not read: {_titles(unread)}.")
    if hidden := [str(sheet.title) for sheet in values.worksheets if sheet not in seen]:
        which = "it is hidden: the sheet" if len(hidden) == 1 else "they are hidden: the sheets"
        notes.append(f"Not read, because {which} {_titles(hidden)}.")
    if first.sheet_state != "visible":
        notes.append(f"The sheet “{shown(str(first.title), 30)}” is hidden, and was read, as no sheet is visible.")
    return found


def _titles(titles: list[str]) -> str:
    said = ", ".join(f"“{shown(title, 30)}”" for title in titles[:NAMED_MAX])
    return f"{said} and {len(titles) - NAMED_MAX} more" if len(titles) > NAMED_MAX else said


def _read_sheet(each: Any, plain: Any) -> Sheet:
    sheet, hidden = Sheet([]), Hidden()
    formats = Formats(each.parent)
    formulas = _rows(plain[str(each.title)], Hidden()) if plain is not None else iter(())
    behind = next(formulas, None)
    for number, cells in _rows(each, hidden):
        row: list[Cell] = [""] * min(max((cell["column"] for cell in cells), default=0), COLUMNS_MAX + 1)
        for cell in cells:
            if cell["column"] <= COLUMNS_MAX + 1 and cell["value"] is not None:
                row[cell["column"] - 1] = cell_text(cell["value"], formats.of(cell))
        while behind is not None and behind[0] < number:
            behind = next(formulas, None)
        if behind is not None and behind[0] == number:
            _note_no_result(row, cells, behind[1])
        if hidden.is_row(number):
            hidden.rows += [number] if any(row) else []
            continue
        if hidden.columns:
            hidden.blank(row)
        sheet.add(number, row)
    sheet.notes += hidden.notes(str(each.title))
    return sheet


def _note_no_result(row: list[Cell], cells: list[dict[str, Any]], formulas: list[dict[str, Any]]) -> None:
    """Where there is a formula but no value, the cell says so."""
    empty = {cell["column"] for cell in cells if cell["value"] is None}
    for cell in formulas:
        if cell["value"] is not None and cell["column"] in empty and cell["column"] <= COLUMNS_MAX + 1:
            row[cell["column"] - 1] = BadCell(NO_RESULT)


def _rows(sheet: Any, hidden: Hidden) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Rows that stand in the file, each with its number and its cells; `hidden` learns what the sheet does not show.

    openpyxl's own rows fill up all gaps, billions of rows or 16,384 columns where a file claims cells anywhere; and they say
    neither how a cell is shown nor what is hidden. This is the parser below them.
    """
    with sheet._get_source() as source:
        book = sheet.parent
        parser = WorkSheetParser(
            source, sheet._shared_strings, data_only=book.data_only, epoch=book.epoch, date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )  # fmt: skip
        hidden.parser = parser
        before = 0
        for number, cells in parser.parse():
            if number > LAST_ROW:
                break
            if number > before:
                before = number
                yield number, cells


class Formats:
    """The number format of each style of a workbook."""

    def __init__(self, book: Any) -> None:
        self.styles, self.own = book._cell_styles, book._number_formats
        self.known: dict[int, str] = {}

    def of(self, cell: dict[str, Any]) -> str:
        style = cell["style_id"]
        if style not in self.known:
            number = self.styles[style].numFmtId
            own = number - BUILTIN_FORMATS_MAX_SIZE
            self.known[style] = str(self.own[own] if own >= 0 else BUILTIN_FORMATS.get(number, "General"))
        return self.known[style]


class Hidden:
    """What a sheet holds but does not show: nobody who reads the sheet has agreed to that."""

    parser: Any = None

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.used: dict[int, None] = {}
        self._columns: list[tuple[int, int]] | None = None

    def is_row(self, number: int) -> bool:
        return _is_true(self.parser.row_dimensions.pop(str(number), {}).get("hidden"))

    @property
    def columns(self) -> list[tuple[int, int]]:
        """From and to; they stand before the rows."""
        if self._columns is None:
            said = [column for column in self.parser.column_dimensions.values() if _is_true(column.get("hidden"))]
            self._columns = [(int(column["min"]), int(column.get("max", column["min"]))) for column in said]
        return self._columns

    def blank(self, row: list[Cell]) -> None:
        for first, last in self.columns:
            for at in range(first - 1, min(last, len(row))):
                if row[at] != "":
                    row[at], self.used[at + 1] = "", None

    def notes(self, title: str) -> list[str]:
        where = f"of the sheet “{shown(title, 30)}”"
        found = []
        if self.rows:
            found.append(
                f"Not read, because hidden: {_counted(len(self.rows), 'row')} {where}: {ranges(self.rows)}. {SHOW}"
            )
        if self.used:
            letters = ", ".join(get_column_letter(number) for number in sorted(self.used)[:8])
            found.append(f"Not read, because hidden: {_counted(len(self.used), 'column')} {where}: {letters}. {SHOW}")
        return found


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _is_true(said: str | None) -> bool:
    return said in ("1", "true")
