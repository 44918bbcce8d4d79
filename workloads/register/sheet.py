"""A file as rows of texts, whatever it was: CSV or XLSX. Refuses in words what it cannot read; needs little memory. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from audit.errors import Invalid
from audit.tables import plain_cell

MEGABYTE = 1024 * 1024
FILE_MAX = 10 * MEGABYTE
ROWS_MAX = 20_000
COLUMNS_MAX = 60
HEADER_MAX = 200
SHOWN_MAX = 60
NOT_AS_SHOWN = (
    "This cell holds a number, date or time, read as “{value}”; the sheet may show it in another form. Format the column as text "
    "and type it again, as it is meant."
)
FILE_TOO_BIG = (
    f"The file is larger than {FILE_MAX // MEGABYTE} MB. Split it, or take out sheets and columns not needed here."
)


class UnreadableFile(Invalid):
    """Nothing in the file can be used as it is; the text says what to do."""

    code = "unreadable-file"

    def __init__(self, message: str) -> None:
        super().__init__(message, {"file": message})


class FileTooBig(UnreadableFile):
    status = 413
    code = "file-too-big"

    def __init__(self) -> None:
        super().__init__(FILE_TOO_BIG)


@dataclass(frozen=True)
class BadCell:
    """A cell that holds something, but nothing to go by."""

    why: str


class Formatted(str):
    """The value of a number, date or time, where the sheet may show another text: no name and no reference to go by."""

    __slots__ = ()


Cell = str | BadCell


@dataclass
class Sheet:
    """Rows that are not empty, each with the number a spreadsheet shows beside it, the header first."""

    rows: list[tuple[int, list[Cell]]]
    notes: list[str] = field(default_factory=list)

    def add(self, number: int, cells: list[Cell]) -> None:
        """Keep a row unless it is empty. Raises UnreadableFile for one too many."""
        while cells and cells[-1] == "":
            cells.pop()
        if not cells:
            return
        if len(self.rows) > ROWS_MAX:  # the header is one more
            raise UnreadableFile(f"The file has more than {ROWS_MAX:,} rows. Split it into several.")
        self.rows.append((number, [plain_cell(cell) if isinstance(cell, str) else cell for cell in cells]))


def shown(text: str, most: int = SHOWN_MAX) -> str:
    """What somebody wrote, short enough for a sentence and without characters that play tricks."""
    if len(text) <= most and text.isprintable() and "  " not in text and text == text.strip():
        return text  # as nearly all are
    plain = "".join(char if char.isprintable() else "·" for char in " ".join(text.split()))
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def ranges(numbers: Sequence[int], most: int = 6) -> str:
    """Rows by their numbers: "2, 5–9 and 14"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    said = ["–".join(map(str, run)) for run in runs[:most]]
    left = len(numbers) - sum(run[-1] - run[0] + 1 for run in runs[:most])
    if left:
        return f"{', '.join(said)} and {left:,} more"
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]])) if said else ""
