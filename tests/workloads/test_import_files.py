"""What people and attackers upload: read, or refused in words, with little memory."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import tracemalloc
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import Invalid
from tests.workloads.registers import FULL, PLAIN, ROW, as_csv, as_xlsx
from workloads.catalogue import reading
from workloads.register.rows import Wanted, wanted_line
from workloads.register.sheet import FILE_MAX, ROWS_MAX, FileTooBig, UnreadableFile
from workloads.register.template import template_csv, template_xlsx

HEADER = ("name", "purpose", "team")
LINE = tuple(PLAIN[name] for name in HEADER)


def read(data: bytes) -> tuple[list[Wanted], list[str]]:
    """What each row wants that is a workload, and what has to be said about the file."""
    contents = reading.read_contents(data)
    lines = contents.lines.get("workloads", ())
    return [wanted_line(line.number, line.said, more=line.more, alike=line.alike) for line in lines], contents.notes


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read(data)
    return refused.value.message


def names(data: bytes) -> list[str]:
    return [row.name for row in read(data)[0]]


def problems(data: bytes) -> list[tuple[str, str]]:
    return [(p.column, p.what) for row in read(data)[0] for p in row.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_delimiter_are_found_out(encoding, delimiter):
    data = as_csv(
        ROW | {"name": "Prämien-Größe", "purpose": "Zählt, alles; mit\tTab."}, delimiter=delimiter, encoding=encoding
    )
    assert names(data) == ["Prämien-Größe"]


def test_windows_letters_are_read_with_a_warning():
    rows, notes = read(as_csv(PLAIN | {"name": "Café"}, encoding="cp1252"))
    assert rows[0].name == "Café"
    assert notes[0].startswith("Read as Windows-1252")


def test_a_quoted_line_break_is_one_row_and_rows_are_numbered_as_a_spreadsheet_does():
    data = b'name,purpose,team\nA,"two\nlines",T\n\nB,p,T\n'
    rows = read(data)[0]
    assert [(row.number, row.name) for row in rows] == [(2, "A"), (4, "B")]
    assert rows[0].purpose == "two\nlines"


def test_headers_may_be_written_in_any_way_and_stand_below_a_title():
    data = (
        b"Register;;\n\nOWNER  Team;Purpose ;Workload Name;RTO (minutes);Rpo in hours;Tier Wanted;Why\nT;p;A;15;4;2;r\n"
    )
    (row,) = read(data)[0]
    assert (row.name, row.team, row.rto, row.rpo, row.problems) == ("A", "T", 900, 14400, [])
    assert row.number == 4


def test_excels_own_delimiter_line_is_obeyed():
    assert names(b"sep=|\r\nname|purpose|team\r\nA|p|T\r\n") == ["A"]


def test_columns_that_nobody_knows_are_named():
    notes = read(b"name,purpose,team,sentry url,alerts\nA,p,T,x,y\n")[1]
    assert notes == ["Not used, because no column of the register is called so: sentry url, alerts."]


def test_the_name_of_the_template_wins_over_another_name_for_the_same_column():
    rows, notes = read(b"Application,Name,purpose,Owner,team\nX,A,p,O,T\n")
    assert (rows[0].name, rows[0].team) == ("A", "T")
    assert notes == ["Not used, because no column of the register is called so: Application, Owner."]
    assert names(b"App name,purpose,team\nX,p,T\n") == ["X"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"\n\n , ,\n", "The file is empty."),
        (b"name,purpose,team\n", "There are no rows in this file."),
        (b"name,reference\nA,1\n", "Columns are missing: purpose, team. Row 1 was taken for the header"),
        (b"name,purpose,owner,Owner Team\nA,p,T,T\n", "Two columns stand for team."),
        (b"name,purpose,team," + b"x" * 201 + b"\nA,p,T,1\n", "has more than 200 characters"),
        (b"name,purpose,team" + b",x" * 60 + b"\nA,p,T\n", "more than 60 columns"),
        (b'name,purpose,team\nA,"p,T\nB,p,T\n', "Row 2: a quotation mark is opened and never closed."),
        (b'name,purpose,team\nA,"p" p,T\n', "Row 2: a quotation mark stands where none can be."),
        (b"name,purpose,team\nA," + b"p" * 40_000 + b",T\n", "Row 2: a cell has more than 32,767 characters."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old Excel file (XLS) or one with a password"),
        (b"%PDF-1.7 name,purpose,team", "not a table"),
        (b"PK\x03\x04" + bytes(200), "This XLSX or ZIP file cannot be read."),
        (b"\xff\xfe\x00\xd8", "not a table"),
        (b"name,purpose,team\n\x81\x8d,p,T", "not a table"),
        (bytes(3000), "more than 200 characters"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(data, says):
    assert says in refusal(data)


def test_too_many_rows_are_refused():
    line = b"A,p,T\n"
    assert f"more than {ROWS_MAX:,} rows. Split" in refusal(b"name,purpose,team\n" + line * (ROWS_MAX + 1))
    assert len(read(b"name,purpose,team\n" + line * ROWS_MAX)[0]) == ROWS_MAX


@pytest.mark.parametrize(("kind", "most"), [("workloads", 2), ("components", 3)])
def test_too_many_rows_of_a_document_are_refused_too(monkeypatch, kind, most):
    monkeypatch.setattr(reading, "ROWS_MAX", 2)
    monkeypatch.setattr(reading, "ALL_ROWS_MAX", 3)
    rows = [{"name": f"A{number}", "workload": "W"} for number in range(most + 1)]
    assert f"more than {most} rows of {kind.title()}" in refusal(json.dumps({kind: rows}).encode())
    assert reading.read_contents(json.dumps({kind: rows[:most]}).encode()).count == most


@pytest.mark.parametrize("name", ["workloads.csv", "out/Workloads.CSV"])
def test_a_zip_is_read_by_the_names_of_its_files_whatever_their_capitals(name):
    assert names(packed({name: as_csv(PLAIN)})) == ["Travel Desk"]


def test_too_large_a_file_is_refused_before_it_is_looked_at():
    with pytest.raises(FileTooBig, match="larger than 10 MB"):
        read(b"x" * (FILE_MAX + 1))


# --- XLSX -----------------------------------------------------------------------------------------------------------
def test_a_workbook_reads_like_the_same_text():
    line = tuple(ROW[name] for name in FULL)
    assert read(as_xlsx(FULL, line))[0] == read(as_csv(ROW))[0]


def test_of_a_workbook_the_first_sheet_is_read():
    rows, notes = read(as_xlsx(HEADER, LINE, title="Apps", more=("Notes", "Old")))
    assert (len(rows), notes) == (1, ["Sheets not read: “Notes”, “Old”."])


def test_numbers_and_dates_in_cells_are_read_as_people_see_them():
    header = (*HEADER, "reference", "tier", "business unit", "tags", "RTO", "RPO", "reason")
    line = ("A", dt.datetime(2026, 11, 1), "T", 1001.0, 1, True, 4.5, "4 h", "4 h", "r")  # noqa: DTZ001
    (row,) = read(as_xlsx(header, line))[0]
    assert (row.purpose, row.reference, row.tier, row.business_unit, row.tags) == (
        "2026-11-01",
        "1001",
        "1",
        "yes",
        ["4.5"],
    )


@pytest.mark.parametrize("cell", [15, 15.0, dt.time(0, 15)])
def test_a_number_or_a_time_of_day_is_no_duration(cell):
    ((column, what),) = problems(as_xlsx((*HEADER, "tier", "RTO", "reason"), (*LINE, 1, cell, "r")))
    assert column == "RTO"
    assert "unit" in what


def test_a_formula_without_a_result_is_refused_and_one_in_an_unused_column_is_not():
    data = as_xlsx((*HEADER, "more"), ("=A1&B1", "p", "T", "=NOW()"), ("B", "p", "T", None))
    assert problems(data) == [("name", problems(data)[0][1])]
    assert problems(data)[0][1].startswith("A formula without a result.")


def test_an_error_of_a_formula_is_refused():
    assert problems(as_xlsx(HEADER, ("A", "#REF!", "T"))) == [
        ("purpose", "The formula ended in #REF!. Correct it, or write the value.")
    ]


def test_a_stray_cell_far_out_costs_nothing():
    import openpyxl  # noqa: PLC0415

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for line in (HEADER, LINE):
        sheet.append(line)
    sheet.cell(row=1_048_576, column=1, value=" ")
    stream = io.BytesIO()
    book.save(stream)
    assert names(stream.getvalue()) == ["Travel Desk"]


def packed(parts: dict[str, bytes], like: bytes = b"") -> bytes:
    """An archive; with `like`, a workbook whose parts are replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        if like:
            with zipfile.ZipFile(io.BytesIO(like)) as old:
                for name in set(old.namelist()) - set(parts):
                    out.writestr(name, old.read(name))
        for name, content in parts.items():
            out.writestr(name, content)
    return stream.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHARED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def as_excel_writes(texts: list[str], cells: str) -> bytes:
    """A workbook whose texts stand in a table of their own, as Excel writes them; openpyxl puts them into the cells."""
    plain = as_xlsx(HEADER)
    with zipfile.ZipFile(io.BytesIO(plain)) as book:
        types = book.read("[Content_Types].xml").decode()
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHARED}"/></Types>'
    strings = "".join(f"<si><t>{text}</t></si>" for text in texts)
    parts = {
        "[Content_Types].xml": types.replace("</Types>", override),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>',
    }
    return packed({name: text.encode() for name, text in parts.items()}, plain)


def shared(row: int, *numbers: int) -> str:
    cells = "".join(
        f'<c r="{column}{row}" t="s"><v>{number}</v></c>' for column, number in zip("ABC", numbers, strict=False)
    )
    return f'<row r="{row}">{cells}</row>'


SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_as_excel_writes_it_is_read():
    texts = ["name", "purpose", "team", "Zähler &amp; Co", "p", "T"]
    assert names(as_excel_writes(texts, shared(1, 0, 1, 2) + shared(2, 3, 4, 5))) == ["Zähler & Co"]


def test_a_text_that_is_not_there_breaks_only_the_file():
    assert "cannot be read" in refusal(
        as_excel_writes(["name", "purpose", "team"], shared(1, 0, 1, 2) + shared(2, 3, 4, 999))
    )


def test_a_cell_two_billion_rows_down_costs_nothing():
    cells = shared(1, 0, 1, 2) + shared(2, 3, 4, 5) + shared(2_000_000_000, 3, 4, 5)
    assert names(as_excel_writes(["name", "purpose", "team", "A", "p", "T"], cells)) == ["A"]


BOOK = as_xlsx(HEADER, LINE)
BOMBS = {
    "one huge part": packed({SHEET: b"<a/>" + b" " * 200_000_000}, BOOK),
    "a part that packs too well": packed({SHEET: b"<a>" + b" " * 30_000_000 + b"</a>"}, BOOK),
    "millions of elements": packed({"xl/sharedStrings.xml": b"<sst>" + b"<si/>" * 5_000_000 + b"</sst>"}, BOOK),
    "thousands of parts": packed({f"xl/x{n}.xml": b"" for n in range(3000)}, BOOK),
}
ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c SYSTEM "file:///etc/passwd">]><worksheet>&b;&c;</worksheet>"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_with_little_memory(bomb):
    tracemalloc.start()
    try:
        assert "unpack to far more" in refusal(BOMBS[bomb])
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml"])
def test_entities_in_a_workbook_are_refused(part):
    assert refusal(packed({part: ENTITIES}, BOOK))


def test_macros_are_left_alone():
    assert names(packed({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 Shell(...)"}, BOOK)) == ["Travel Desk"]


def test_another_archive_is_no_workbook():
    assert "not an XLSX workbook" in refusal(packed({"content.xml": b"<x/>"}))


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_workbook_is_read_or_refused(seed):
    chance = random.Random(seed)
    data = bytearray(BOOK)
    for _ in range(chance.choice([1, 3, 20])):
        data[chance.randrange(4, len(data))] = chance.randrange(256)
    only_named_errors(bytes(data[: chance.choice([len(data), chance.randrange(4, len(data))])]))


def only_named_errors(data: bytes) -> None:
    try:
        rows, notes = read(data)
    except Invalid as error:
        rows, notes = [], [error.message]
    assert all(row.name or row.problems for row in rows)
    assert not any("\x00" in note for note in notes)


FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CELLS = st.text(max_size=20) | st.sampled_from(
    ["1", "15 min", "=1+1", '"', "\x00", "😀", "Tier 1", "'; DROP TABLE x; --", "#REF!"]
)


@FUZZ
@given(st.binary(max_size=400))
def test_random_bytes_are_read_or_refused(data):
    only_named_errors(data)


@FUZZ
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"sep=;\n", b"PK\x03\x04"]),
)
def test_random_bytes_below_a_header_are_read_or_refused(data, mark):
    only_named_errors(mark + b"name,purpose,team,tier,RTO,RPO,reason,slo,tags\n" + data)


@FUZZ
@given(st.lists(st.lists(CELLS, min_size=len(FULL), max_size=len(FULL)), min_size=1, max_size=8))
def test_random_cells_are_read_or_refused(rows):
    only_named_errors(as_csv(*(dict(zip(FULL, row, strict=True)) for row in rows), encoding="utf-8"))


# --- The template ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [template_csv, template_xlsx])
def test_the_template_can_be_imported_as_it_is(make):
    rows, notes = read(make())
    assert [row.problems for row in rows] == [[], []]
    assert notes == []
