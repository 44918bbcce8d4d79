"""Which column is which, by what its header says. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from workloads.register.headers import DURATIONS, looks_like, normal, split_unit
from workloads.register.sheet import COLUMNS_MAX, HEADER_MAX, BadCell, Cell, Sheet, UnreadableFile, shown

REQUIRED = ("name", "purpose", "team")
LABELS = {
    "reference": "reference",
    "name": "name",
    "purpose": "purpose",
    "team": "team",
    "business_unit": "business unit",
    "lifecycle": "lifecycle",
    "tags": "tags",
    "own_rto": "own recovery time",
    "shared": "shared service",
    "tier": "tier wanted",
    "slo": "SLO",
    "rto": "RTO",
    "rpo": "RPO",
    "reason": "reason",
    "looser_reason": "looser reason",
}
LABELS_LOWER = frozenset(label.lower() for label in LABELS.values())
OTHER_NAMES = {
    "reference": ("external reference", "ref"),
    "name": ("workload", "workload name", "application", "application name", "app", "app name"),
    "purpose": ("description",),
    "team": ("owner team", "owner"),
    "business_unit": ("unit",),
    "tags": ("tag",),
    "own_rto": ("own rto", "own recovery time objective"),
    "shared": ("shared", "is shared"),
    "tier": ("tier", "wanted tier", "target tier"),
    "slo": ("slo percent", "slo in percent", "service level objective", "availability slo", "slo availability"),
    "rto": (
        "recovery time objective", "recovery time objective rto", "rto recovery time objective", "recovery time",
        "rto target", "target rto", "required rto", "rto wanted", "wanted rto", "longest downtime", "rto longest downtime",
    ),
    "rpo": (
        "recovery point objective", "recovery point objective rpo", "rpo recovery point objective", "recovery point",
        "rpo target", "target rpo", "required rpo", "rpo wanted", "wanted rpo", "longest data loss", "rpo longest data loss",
        "maximum data loss", "max data loss", "maximum tolerable data loss", "max tolerable data loss",
    ),
    "reason": ("why",),
    "looser_reason": ("reason for looser target", "reason for a looser target", "why looser"),
}  # fmt: skip
_NAMES = {label.lower(): key for key, label in LABELS.items()} | {
    name: key for key, names in OTHER_NAMES.items() for name in names
}
HEADER_WITHIN = 10  # rows above the header: a title, a date


@dataclass
class Header:
    """Where each known column stands, by index."""

    number: int
    at: dict[str, int]
    width: int
    said: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    alike: dict[str, dict[int, str]] = field(default_factory=dict)  # columns that are not used, by what they look like

    @property
    def notes(self) -> list[str]:
        if not self.unknown:
            return []
        return [f"Not used, because no column of the register is called so: {', '.join(self.unknown)}."]


def _key(cell: Cell) -> tuple[str, str]:
    """The column a header cell stands for, and its unit; ("", "") for none."""
    if isinstance(cell, BadCell) or len(cell) > HEADER_MAX:
        return "", ""
    return key_of(cell)


def key_of(name: str) -> tuple[str, str]:
    """The column that a name stands for, and its unit; ("", "") for none."""
    said = normal(name)
    if said in _NAMES:
        return _NAMES[said], ""
    rest, unit = split_unit(name)
    key = _NAMES.get(rest, "")
    return (key, unit) if key in DURATIONS else ("", "")


def _is_label(cell: Cell) -> bool:
    return isinstance(cell, str) and cell.strip().lower() in LABELS_LOWER


def known(cell: Cell) -> bool:
    return _key(cell)[0] != ""


def find_header(sheet: Sheet) -> Header:
    """The header among the first rows. Raises UnreadableFile when columns are missing, doubled or too many."""
    if not sheet.rows:
        raise UnreadableFile("The file is empty. Write a header and one row for each workload; the template shows how.")
    number, cells = max(sheet.rows[:HEADER_WITHIN], key=lambda row: (sum(map(known, row[1])), -row[0]))
    if len(cells) > COLUMNS_MAX:
        raise UnreadableFile(f"The file has more than {COLUMNS_MAX} columns. Keep those of the template.")
    header = Header(number, {}, len(cells))
    # The name of the template wins over another name for the same column, wherever it stands.
    for index, cell in sorted(enumerate(cells), key=lambda at: not _is_label(at[1])):
        _place(header, index, cell)
    missing = [LABELS[key] for key in REQUIRED if key not in header.at]
    if missing:
        found = ", ".join(f"“{shown(str(cell), 30)}”" for cell in cells[:12] if isinstance(cell, str) and cell)
        raise UnreadableFile(
            f"{'A column is' if len(missing) == 1 else 'Columns are'} missing: {', '.join(missing)}. "
            f"Row {number} was taken for the header; it says {found or 'nothing'}. Name the columns as in the template."
        )
    return header


def _place(header: Header, index: int, cell: Cell) -> None:
    if isinstance(cell, BadCell):
        raise UnreadableFile(f"Row {header.number}, the header: {cell.why}")
    if len(cell) > HEADER_MAX:
        raise UnreadableFile(
            f"Row {header.number}, the header: “{shown(cell, 30)}” has more than {HEADER_MAX} characters. Shorten it."
        )
    key, unit = _key(cell)
    if not key or (key in header.at and not _is_label(cell) and _is_label(header.said[key])):
        header.unknown += [shown(cell)] if cell else []
        header.alike.setdefault(looks_like(cell), {})[index] = shown(cell)
        return
    if key in header.at:
        raise UnreadableFile(f"Two columns stand for {LABELS[key]}. Keep one of them.")
    header.at[key], header.said[key] = index, cell
    if unit:
        header.units[key] = unit
