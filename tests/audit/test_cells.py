"""A cell of an export begins no formula, whatever the spreadsheet splits at, and comes back as it was written."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.tables import neutral_csv, plain_cell

HOSTILE = [
    "a;=cmd", "a\t@x", "x\n=1+1", 'x;"=cmd"', ";' =cmd", "a; +1;-2", "=a;=b", "'=a", ";'=x", "a\r\n-b", '"=x', "Ö;\u3000=x",
]  # fmt: skip


def cells_as_split(line: str, delimiter: str) -> list[str]:
    """Cells as the most careless reader sees them: quotation marks count only at the start of a cell."""
    return [cell for row in csv.reader(io.StringIO(line, newline=""), delimiter=delimiter) for cell in row]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_part_of_a_cell_is_a_formula(text, delimiter):
    out = io.StringIO(newline="")
    csv.writer(out).writerow(["first", neutral_csv(text), "last"])
    for cell in cells_as_split(out.getvalue(), delimiter):
        assert not cell.lstrip().startswith(("=", "+", "-", "@")), (out.getvalue(), cell)


@given(st.text(alphabet="ab;\t\r\n '\"=+-@,é", max_size=12))
@example("'';'=x")
def test_what_was_written_comes_back(text):
    assert plain_cell(neutral_csv(text)) == text


@given(st.text(max_size=20))
def test_any_text_comes_back(text):
    assert plain_cell(neutral_csv(text)) == text
