"""From the bytes of a file to what it holds, whatever kind of file it is. Pure."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from typing import Any

from audit.collector import collector_paused
from workloads.catalogue.backstage import is_backstage, read_backstage
from workloads.catalogue.contents import Contents, Line, Value
from workloads.catalogue.documents import read_json, read_yaml
from workloads.catalogue.kinds import KINDS, WORKLOADS, RowKind, kind_called
from workloads.catalogue.mapping import MappingSpec, apply
from workloads.register.columns import HEADER_WITHIN, LABELS, find_header
from workloads.register.headers import looks_like, normal, with_unit
from workloads.register.sheet import FILE_MAX, ROWS_MAX, BadCell, Cell, FileTooBig, Sheet, UnreadableFile, shown
from workloads.register.text import NOT_TEXT, decoded, read_table
from workloads.register.xlsx import BOMB, LOCKED_OR_OLD, OLD_EXCEL, ZIP, read_book

CLASSES_MAX = 8
NAMED_MAX = 20
ALL_ROWS_MAX = 5 * ROWS_MAX
UNPACKED_MAX = 8 * FILE_MAX
OTHER_KINDS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"PK\x05\x06", b"{\\rtf")
ABOUT = frozenset({"format", "version", "exported at", "left out", "organisation"})  # what a document says of itself
_YAML = re.compile(r"(?:---|%YAML|- |-$|\"?[A-Za-z][\w .-]*\"?:(?:\s|$))")


@dataclass(frozen=True)
class How:
    """What a person said about the file: which kind of rows a CSV holds, by which mapping to read another catalogue."""

    kind: str = ""
    mapping: MappingSpec | None = None


def read_contents(data: bytes, how: How = How()) -> Contents:
    """Raises UnreadableFile. What the file is, is seen from its bytes; its name may say anything."""
    if len(data) > FILE_MAX:
        raise FileTooBig
    if data.startswith(OLD_EXCEL):
        raise UnreadableFile(LOCKED_OR_OLD)
    if data.startswith(OTHER_KINDS):
        raise UnreadableFile(NOT_TEXT)
    with collector_paused():
        contents = _read_zip(data, how) if data.startswith(ZIP) else _read_text(data, how)
    if not contents.count:
        raise UnreadableFile("There are no rows in this file. The template shows what it can hold.")
    for kind, lines in contents.lines.items():
        most = ROWS_MAX if kind == WORKLOADS.key else ALL_ROWS_MAX
        if len(lines) > most:
            raise UnreadableFile(f"The file has more than {most:,} rows of {KINDS[kind].title}. Split it into several.")
    return contents


def _read_text(data: bytes, how: How) -> Contents:
    text, notes = decoded(data)
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    if begins in ("{", "["):
        contents = _documents(_spread(read_json(text)), how)
    elif how.mapping is not None or _is_yaml(text):
        contents = _documents(read_yaml(text), how)
    else:
        contents = Contents()
        _take_sheet(contents, read_table(text), how.kind)
    contents.notes = [*notes, *contents.notes]
    return contents


def read_documents(data: bytes) -> list[Any]:
    """The documents of a JSON or YAML file, as they are. Raises UnreadableFile."""
    if len(data) > FILE_MAX:
        raise FileTooBig
    if data.startswith((OLD_EXCEL, ZIP, *OTHER_KINDS)):
        raise UnreadableFile(NOT_DOCUMENTS)
    text, _ = decoded(data)
    with collector_paused():
        begins = text.lstrip("\ufeff \t\r\n")[:1]
        return [read_json(text)] if begins in ("{", "[") else read_yaml(text)


def _spread(found: Any) -> list[Any]:
    """A JSON list of Backstage entities is as good as several documents of YAML."""
    return found if isinstance(found, list) and is_backstage(found) else [found]


def _is_yaml(text: str) -> bool:
    """Whether the first line that says something looks like YAML; a header of CSV does not."""
    for line in text[:20_000].splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return bool(_YAML.match(line.strip("\ufeff")))
    return False


# --- JSON and YAML ------------------------------------------------------------------------------------------------
def _documents(documents: list[Any], how: How) -> Contents:
    if how.mapping is not None:
        return apply(how.mapping, documents)
    if is_backstage(documents):
        return read_backstage(documents)
    contents = Contents()
    for document in documents:
        if isinstance(document, list):
            _take_list(contents, _kind_of(document, how.kind), document)
        elif isinstance(document, dict):
            _take_document(contents, document)
        elif document is not None:
            raise UnreadableFile(NO_LISTS)
    return contents


NOT_DOCUMENTS = "A mapping reads JSON and YAML. Choose such a file; tables are imported without one."
BROKEN_ARCHIVE = (
    "This XLSX or ZIP file cannot be read. Save it anew in a spreadsheet program, or pack the CSV files anew."
)
NO_LISTS = (
    "The document has no lists of rows. Write one list for each kind, like “workloads:” and “dependencies:”; for another "
    "catalogue choose a mapping."
)


def _take_document(contents: Contents, document: dict[str, Any]) -> None:
    used = False
    for name, rows in document.items():
        kind = kind_called(name)
        if normal(name) in ABOUT:
            continue
        if kind is None:
            contents.notes.append(f"Not used, because no kind of row is called so: {shown(name, 60)}.")
            continue
        used = True
        _take_list(contents, kind, rows if isinstance(rows, list) else [rows] if isinstance(rows, dict) else [])
    if not used:
        raise UnreadableFile(NO_LISTS)


def _kind_of(rows: list[Any], said: str) -> RowKind:
    """The kind whose columns the first row has."""
    if said in KINDS:
        return KINDS[said]
    first = next((row for row in rows if isinstance(row, dict)), {})
    return _best([name for name in first if isinstance(name, str)])


def _take_list(contents: Contents, kind: RowKind, rows: list[Any]) -> None:
    keys: dict[str, tuple[str, str]] = {}
    unknown: dict[str, None] = {}
    alike: dict[str, str] = {}
    tiers: dict[str, Counter[str]] = {}
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise UnreadableFile(f"Row {number} of {kind.key} is not an object with names and values.")
        line = Line(number, {})
        for name, value in row.items():
            if name not in keys:
                keys[name] = kind.header(name)
                alike[name] = looks_like(name) if kind is WORKLOADS and not keys[name][0] else ""
            key, unit = keys[name]
            if key:
                line.said[key] = _with_unit(_value(kind, key, value), unit)
                continue
            unknown[name] = None
            if alike[name] == "tier" and isinstance(value, str) and value:
                tiers.setdefault(shown(name, 60), Counter())[value] += 1
            if (
                alike[name] in ("rto", "rpo", "slo")
                and normal(name) not in _UNUSED
                and any(letter.isdigit() for letter in str(value))
            ):
                line.alike.setdefault(alike[name], shown(name, 60))
        contents.add(kind.key, line)
    _note_unknown(contents, kind, list(unknown))
    if all(key != "tier" for key, _ in keys.values()):
        _ask_for_tiers(contents, tiers)


_LISTS = {(kind.key, column.key) for kind in KINDS.values() for column in kind.columns if column.names}


def _value(kind: RowKind, key: str, value: Any) -> Value:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, list) and (kind.key, key) in _LISTS and all(isinstance(item, str) for item in value):
        return list(value)
    return BadCell("A list or an object stands where one text is expected.")


_UNUSED = frozenset(
    {"target", "state", "signed on", "review due", "number", "last drill", "rto in last drill", "rpo in last drill"}
)


def _note_unknown(contents: Contents, kind: RowKind, names: list[str]) -> None:
    said = [shown(name, 60) for name in names if name and normal(name) not in _UNUSED]
    if said:
        more = f" and {len(said) - NAMED_MAX} more" if len(said) > NAMED_MAX else ""
        named = ", ".join(said[:NAMED_MAX])
        contents.notes.append(f"{kind.title}: not used, because no column is called so: {named}{more}.")


# --- Tables -------------------------------------------------------------------------------------------------------
def _read_zip(data: bytes, how: How) -> Contents:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            tables = [part for part in archive.infolist() if part.filename.lower().endswith(".csv")]
            if tables and "xl/workbook.xml" not in archive.namelist():
                return _read_csvs(archive, tables, len(data))
    except UnreadableFile:
        raise
    except Exception:  # noqa: BLE001 (zipfile has no error of its own: a broken file raises what it trips over)
        raise UnreadableFile(BROKEN_ARCHIVE) from None
    contents = Contents()
    for place, (title, sheet) in enumerate(read_book(data)):
        kind = kind_called(title)
        if kind is None and place:
            continue
        said = how.kind if not place and how.kind else kind.key if kind is not None else ""
        if sheet.rows or not place:
            _take_sheet(contents, sheet, said)
    return contents


def _read_csvs(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], packed: int) -> Contents:
    total = sum(part.file_size for part in parts)
    if len(parts) > 2 * len(KINDS) or total > UNPACKED_MAX or (total > FILE_MAX and total > 200 * packed):
        raise UnreadableFile(BOMB)
    contents = Contents()
    for part in parts:
        kind = kind_called(part.filename.rsplit("/", 1)[-1][: -len(".csv")])
        if kind is None:
            contents.notes.append(f"Not read, because no kind of row is called so: {shown(part.filename, 60)}.")
            continue
        with archive.open(part) as stream:
            text, notes = decoded(stream.read(part.file_size))
        contents.notes += notes
        sheet = read_table(text)
        if sheet.rows:
            _take_sheet(contents, sheet, kind.key)
    return contents


def _take_sheet(contents: Contents, sheet: Sheet, said: str) -> None:
    contents.notes += sheet.notes
    kind = KINDS.get(said) or _guess(sheet)
    if kind is WORKLOADS:
        header = find_header(sheet)
        at, number, width, units = header.at, header.number, header.width, header.units
        alike = {
            key: {index: name for index, name in header.alike.get(key, {}).items() if normal(name) not in _UNUSED}
            for key in ("rto", "rpo", "slo") if key not in at
        }  # fmt: skip
        classes = header.alike.get("tier", {}) if "tier" not in at else {}
        header.unknown = [name for name in header.unknown if normal(name) not in _UNUSED]
        contents.notes += header.notes
    else:
        at, number, width, units = _find_columns(contents, kind, sheet)
        alike, classes = {}, {}
    if sheet.rows[0][0] < number:
        contents.notes.append(f"Row {number} was taken for the header; what stands above it was not read.")
    tiers: dict[str, Counter[str]] = {}
    for row, cells in sheet.rows:
        if row > number:
            values: dict[str, Value] = {key: cells[index] if index < len(cells) else "" for key, index in at.items()}
            for key, unit in units.items():
                values[key] = _with_unit(values[key], unit)
            line = Line(row, values, more=any(cells[width:]))
            if alike:
                line.alike = _alike(alike, cells)
            for index, name in classes.items():
                if index < len(cells) and isinstance(cells[index], str) and cells[index]:
                    tiers.setdefault(name, Counter())[str(cells[index])] += 1
            contents.add(kind.key, line)
    _ask_for_tiers(contents, tiers)


def _ask_for_tiers(contents: Contents, said: dict[str, Counter[str]]) -> None:
    """A column that may say a tier in words of its own, and is not used: how often it says what."""
    for header, values in said.items():
        if len(values) > CLASSES_MAX:
            continue  # no classes, but texts
        for value, count in values.most_common():
            rows = "1 row" if count == 1 else f"{count:,} rows"
            contents.notes.append(
                f"{rows}: {header} “{shown(value, 40)}”: which tier? Not used; call the column "
                f"“{LABELS['tier']}” and write 0 to 3."
            )


def _with_unit(cell: Value, unit: str) -> Value:
    return with_unit(cell, unit) if isinstance(cell, str) else cell


def _alike(columns: dict[str, dict[int, str]], cells: list[Cell]) -> dict[str, str]:
    """Headers of cells that may be a figure of the target, though the column is not used."""
    found: dict[str, str] = {}
    for key, places in columns.items():
        for index, header in places.items():
            cell = cells[index] if index < len(cells) else ""
            if isinstance(cell, BadCell) or any(letter.isdigit() for letter in cell):
                found.setdefault(key, header)
    return found


def _guess(sheet: Sheet) -> RowKind:
    best, most = WORKLOADS, 0
    for _, cells in sheet.rows[:HEADER_WITHIN]:
        names = [cell for cell in cells if isinstance(cell, str)]
        kind = _best(names)
        score = sum(bool(kind.header(name)[0]) for name in names)
        if score > most:
            best, most = kind, score
    return best


def _best(names: list[str]) -> RowKind:
    """The kind with most of these columns, and with all that make it one; workloads where none fits."""

    def fit(kind: RowKind) -> tuple[bool, int]:
        has = {kind.header(name)[0] for name in names}
        return set(kind.needed) <= has, len(has - {""})

    fitting = [kind for kind in KINDS.values() if fit(kind)[0]]
    return max(fitting, key=lambda kind: fit(kind)[1], default=WORKLOADS)


def _find_columns(contents: Contents, kind: RowKind, sheet: Sheet) -> tuple[dict[str, int], int, int, dict[str, str]]:
    """Where each column stands, the row of the header, how wide it is, and units by column. Raises UnreadableFile."""
    if not sheet.rows:
        raise UnreadableFile("The file is empty. Write a header and one row for each thing; the template shows how.")

    def score(row: tuple[int, list[Cell]]) -> tuple[int, int]:
        return sum(isinstance(cell, str) and bool(kind.header(cell)[0]) for cell in row[1]), -row[0]

    number, cells = max(sheet.rows[:HEADER_WITHIN], key=score)
    at: dict[str, int] = {}
    units: dict[str, str] = {}
    unknown = []
    for index, cell in enumerate(cells):
        if isinstance(cell, BadCell):
            raise UnreadableFile(f"{kind.title}, row {number}, the header: {cell.why}")
        key, unit = kind.header(cell)
        if not key:
            unknown.append(cell)
        elif key in at:
            raise UnreadableFile(f"{kind.title}: two columns stand for {_label(kind, key)}. Keep one of them.")
        else:
            at[key] = index
            units |= {key: unit} if unit else {}
    missing = [_label(kind, key) for key in kind.needed if key not in at]
    if missing:
        raise UnreadableFile(
            f"{kind.title}: {'a column is' if len(missing) == 1 else 'columns are'} missing: {', '.join(missing)}. "
            f"Row {number} was taken for the header. Name the columns as in the template."
        )
    _note_unknown(contents, kind, unknown)
    return at, number, len(cells), units


def _label(kind: RowKind, key: str) -> str:
    return next(column.label for column in kind.columns if column.key == key)
