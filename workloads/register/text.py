"""CSV: which encoding, which delimiter, which rows. Pure."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from workloads.catalogue.kinds import KINDS
from workloads.register.columns import known
from workloads.register.sheet import COLUMNS_MAX, Cell, Sheet, UnreadableFile

DELIMITERS = (",", ";", "\t")
LOOK_AT = 20  # rows that are tried for each delimiter
CELL_MAX = 32_767  # as many characters as a spreadsheet allows in a cell
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WINDOWS_NOTE = "Read as Windows-1252, because the file is not UTF-8. Look at letters like é and ø before you import."
NOT_TEXT = "This is not a table that can be read. Save it as CSV (UTF-8) or as XLSX."


def read_table(text: str) -> Sheet:
    delimiter, text, skipped = _delimiter(text)
    sheet = Sheet([])
    for number, cells in _records(text, delimiter):
        sheet.add(number + skipped, cells)
    return sheet


def decoded(data: bytes) -> tuple[str, list[str]]:
    """The text and what has to be said about how it was read. Raises UnreadableFile."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _strict(data, encoding), []
    if encoding := _unmarked_utf16(data):
        return _strict(data, encoding), []
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return _strict(data, "cp1252"), [WINDOWS_NOTE]


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFile(NOT_TEXT) from None


def _unmarked_utf16(data: bytes) -> str:
    """UTF-16 without its mark: in western text nearly every second byte is zero."""
    start = data[:2000]
    if len(start) < 4 or len(data) % 2:
        return ""
    even, odd = start[::2].count(0), start[1::2].count(0)
    most = len(start) // 2 * 0.7
    if odd > most and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > most and odd == 0 else ""


def _delimiter(text: str) -> tuple[str, str, int]:
    """The delimiter, the text without Excel's `sep=;` line, and how many rows that took away."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4], rest, 1
    return max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter)), text, 0


def _fit(text: str, delimiter: str) -> tuple[int, int]:
    """How well a delimiter explains the beginning: columns that are known, then columns at all."""
    best = (0, 0)
    try:
        for number, cells in _records(text, delimiter):
            best = max(best, (max(_known(cells)), len(cells)))
            if number >= LOOK_AT:
                break
    except UnreadableFile:
        pass
    return best


def _known(cells: list[Cell]) -> Iterator[int]:
    """For each kind of row, how many of its columns these cells name."""
    yield sum(map(known, cells))
    for kind in KINDS.values():
        yield sum(isinstance(cell, str) and bool(kind.column(cell)) for cell in cells)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[Cell]]]:
    """Records as a spreadsheet numbers them: one that holds quoted line breaks is one row. Raises UnreadableFile."""
    number = 0
    csv.field_size_limit(CELL_MAX)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            yield number, [cell.strip() for cell in cells[: COLUMNS_MAX + 1]]
    except csv.Error as error:
        raise UnreadableFile(f"Row {number + 1}: {_words(str(error))}") from None


def _words(error: str) -> str:
    if "field larger" in error:
        return f"a cell has more than {CELL_MAX:,} characters. Shorten it, or look for a quotation mark that is never closed."
    if "unexpected end" in error:
        return "a quotation mark is opened and never closed. Close it, or write it twice inside a text."
    return "a quotation mark stands where none can be. Inside a quoted text write it twice."
