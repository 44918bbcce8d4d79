"""What one row wants, and what is wrong with it on its own. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from audit.names import plain_name
from people.names import name_problem
from people.wording import parse_duration
from workloads.catalogue.values import yes_or_no
from workloads.register.columns import LABELS
from workloads.register.sheet import NOT_AS_SHOWN, BadCell, Cell, Formatted, shown

MOST = {
    "reference": 80,
    "name": 120,
    "purpose": 2000,
    "team": 120,
    "business_unit": 120,
    "reason": 4000,
    "looser_reason": 2000,
}
TAGS_MAX, TAG_LENGTH = 20, 40
TARGET = ("tier", "slo", "rto", "rpo", "reason", "looser_reason")
# Halves of surrogate pairs too, which no database holds.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LINES = frozenset({"reference", "name", "team", "business_unit"})
_KNOWN_BY = frozenset({"reference", "name"})
_CALL_IT = {
    key: f"Call that column “{LABELS[key]} (hours)” or whatever its unit is, or take it out." for key in ("rto", "rpo")
} | {"slo": f"Call that column “{LABELS['slo']}”, or take it out."}
NOTHING: Mapping[str, str] = {}
LIFECYCLES = {
    "planned": "planned",
    "live": "live",
    "retiring": "retiring",
    "retired": "retired",
    "being retired": "retiring",
}
SLO_STEP = Decimal("0.0001")
Parsed = TypeVar("Parsed")
Said = Cell | list[str]


@dataclass(frozen=True)
class Problem:
    """What is wrong in which column, and what to do."""

    column: str
    what: str


@dataclass
class Wanted:
    """A row in the portal's terms. None: the file has no such column, or it is empty where that means “as it is”."""

    number: int
    reference: str = ""
    name: str = ""
    purpose: str = ""
    team: str = ""
    business_unit: str | None = None
    lifecycle: str | None = None
    tags: list[str] | None = None
    own_rto: int | None = None
    shared: bool | None = None
    tier: str = ""
    slo: Decimal | None = None
    rto: int | None = None
    rpo: int | None = None
    reason: str = ""
    looser_reason: str = ""
    names: tuple[str, ...] = ()  # others for the same workload, where the first is taken
    guesses: list[str] = field(default_factory=list)  # what was assumed for it
    lacks: list[str] = field(default_factory=list)  # figures of a target that neither the file nor the portal says
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, column: str, what: str) -> None:
        self.problems.append(Problem(LABELS.get(column, column), what))


def wanted_line(
    number: int, cells: Mapping[str, Said], *, more: bool = False, alike: Mapping[str, str] = NOTHING,
    names: tuple[str, ...] = (),
) -> Wanted:  # fmt: skip
    """Read one row, whatever it came from. Whatever does not fit becomes a problem of the row, never an error."""
    row = Wanted(number, names=names)
    tags = cells.get("tags")
    said = {key: _checked(row, key, ", ".join(cell) if isinstance(cell, list) else cell) for key, cell in cells.items()}
    if more:
        row.refuse("row", "There are more cells than columns. In CSV, put a text with a comma in quotation marks.")
    row.reference, row.name, row.team = (_line(said.get(key, "")) for key in ("reference", "name", "team"))
    row.purpose, row.tier = said.get("purpose", ""), _line(said.get("tier", ""))
    row.reason, row.looser_reason = said.get("reason", ""), said.get("looser_reason", "")
    row.business_unit = _line(said["business_unit"]) if "business_unit" in said else None
    row.lifecycle = _lifecycle(row, said["lifecycle"]) if said.get("lifecycle") else None
    if "tags" in said:
        row.tags = _tags(row, tags if isinstance(tags, list) else re.split(r"[,;\n]", said["tags"]))
    row.own_rto = _parsed(row, "own_rto", said, parse_duration)
    row.shared = _parsed(row, "shared", said, yes_or_no)
    row.slo = _parsed(row, "slo", said, _percent)
    row.rto = _parsed(row, "rto", said, parse_duration)
    row.rpo = _parsed(row, "rpo", said, parse_duration)
    _check_required(row, said)
    for key, header in alike.items():
        if row.tier and not said.get(key):
            label = LABELS[key]
            row.refuse(
                key, f"“{header}” looks like {label} and is not used, so the target would lack it. {_CALL_IT[key]}"
            )
    return row


def _checked(row: Wanted, key: str, cell: Cell) -> str:
    """The cell's text; empty, with a problem noted, when it cannot be used."""
    if isinstance(cell, BadCell):
        row.refuse(key, cell.why)
        return ""
    if cell == "":
        return ""
    if key in _KNOWN_BY and isinstance(cell, Formatted):
        row.refuse(key, NOT_AS_SHOWN.format(value=shown(cell, 30)))
        return ""
    if CONTROL.search(cell):
        row.refuse(key, f"“{shown(cell, 30)}” holds a character that cannot be seen (shown as ·). Type the text again.")
        return ""
    if key in _LINES:
        cell = plain_name(cell)
    if len(cell) > (most := MOST.get(key, 1000)):
        row.refuse(key, f"At most {most:,} characters; these are {len(cell):,}. Shorten it.")
        return ""
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def _check_required(row: Wanted, said: dict[str, str]) -> None:
    refused = {problem.column for problem in row.problems}
    for key, what in (
        ("name", "Write what the workload is called."),
        ("purpose", "Write what it does and who relies on it."),
        ("team", "Write the team that owns it."),
    ):
        if not said.get(key) and LABELS[key] not in refused:
            row.refuse(key, what)
    for key, name in (("name", row.name), ("team", row.team)):
        if problem := name_problem(name):
            row.refuse(key, problem)
    alone = [LABELS[key] for key in TARGET[1:] if said.get(key)]
    if alone and not row.tier and LABELS["tier"] not in refused:
        row.refuse("tier", f"Write a tier too, or leave {' and '.join(alone)} empty.")


def _line(text: str) -> str:
    return plain_name(text)


def _lifecycle(row: Wanted, text: str) -> str | None:
    found = LIFECYCLES.get(_line(text).lower())
    if found is None:
        row.refuse("lifecycle", f"Write one of these: {', '.join(LIFECYCLES)}. You wrote “{shown(text, 30)}”.")
    return found


def _tags(row: Wanted, parts: Iterable[str]) -> list[str]:
    tags = list(dict.fromkeys(tag for part in parts if (tag := _line(part))))
    if any(len(tag) > TAG_LENGTH for tag in tags):
        row.refuse("tags", f"A tag has at most {TAG_LENGTH} characters. Separate tags by commas.")
    if len(tags) > TAGS_MAX:
        row.refuse("tags", f"At most {TAGS_MAX} tags.")
    return tags


def _parsed(row: Wanted, key: str, said: dict[str, str], parse: Callable[[str], Parsed]) -> Parsed | None:
    if not said.get(key):
        return None
    try:
        return parse(said[key])
    except ValueError as error:
        row.refuse(key, str(error))
        return None


def _percent(text: str) -> Decimal:
    try:
        slo = Decimal(text.replace("%", "").replace(",", ".").strip())
        fits = slo.is_finite() and 0 < slo <= 100 and slo == slo.quantize(SLO_STEP)
    except InvalidOperation:
        fits = False
    if not fits:
        raise ValueError(f"Write a percentage above 0 and up to 100, for example 99.95. You wrote “{shown(text, 30)}”.")
    if slo < 1 and "%" not in text:
        of_hundred = f"{(slo * 100).normalize():f}"
        raise ValueError(
            f"“{shown(text, 30)}” is less than 1 %. Write “{of_hundred}” if that is meant, else “{text} %”."
        )
    return slo
