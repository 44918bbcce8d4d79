"""The kinds of things a file can bring, and their columns: how each is called, read and said to be wrong. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workloads.catalogue import values
from workloads.register import columns as workload_columns
from workloads.register.headers import DURATIONS, normal, split_unit

STRENGTHS = {"hard": "hard", "soft": "soft"}
ORDERS = {"sequential": "sequential", "parallel": "parallel"}
LOSSES = {"time": "time", "data": "data"}
LEVELS = {"none": 0, "slight": 1, "noticeable": 2, "serious": 3, "intolerable": 4}
LEVEL_WORDS = {level: word for word, level in LEVELS.items()}
LEVELS_READ = LEVELS | {str(level): level for level in LEVELS.values()}
CATEGORIES = {
    "shared fate": "shared-fate",
    "excessive load": "load",
    "excessive latency": "latency",
    "misconfiguration or bug": "bug",
    "single point of failure": "single-point",
}
# The scales of a failure mode, from the least to the worst, as the models number them.
SCALES = {
    "likelihood": ("rare", "unlikely", "likely", "frequent"),
    "severity": ("slight", "noticeable", "serious", "intolerable"),
    "noticed": ("at once", "soon", "late", "perhaps never"),
    "category": tuple(CATEGORIES),
}


def word_of(scale: tuple[str, ...], value: Any) -> str:
    """The word of a value on one of SCALES; empty for none."""
    if isinstance(value, int):
        return scale[value - 1]
    return next((word for word, key in CATEGORIES.items() if key == value), "")


def _scale(name: str) -> Callable[[str], Any]:
    words = {word: number for number, word in enumerate(SCALES[name], start=1)}
    return values.one_of(words | {str(number): number for number in words.values()})


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    read: Callable[[str], Any] = values.text
    most: int = 2000
    required: str = ""  # what to write, where it must not be empty
    others: tuple[str, ...] = ()
    names: bool = False  # a list of names


@dataclass(frozen=True)
class RowKind:
    key: str
    title: str  # of its sheet
    one: str
    columns: tuple[Column, ...]
    others: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()  # columns without which there is no such table

    def column(self, name: str) -> str:
        """The key of the column that a header calls so; empty for none."""
        return _BY_NAME[self.key].get(normal(name), "")

    def header(self, name: str) -> tuple[str, str]:
        """The column, and the unit that the header says for it; ("", "") for none."""
        key = self.column(name)
        if key:
            return key, ""
        rest, unit = split_unit(name)
        key = self.column(rest) if unit else ""
        return (key, unit) if (self.key, key) in _TIMED else ("", "")


def _whose(**more: Any) -> tuple[Column, ...]:
    return (
        Column("workload", "workload", values.line, 120, "Write which workload: its reference or its name.", **more),
        Column("workload_reference", "workload reference", values.line, 80),
    )


_DURATION = values.maybe(values.duration)
COMPONENTS = RowKind(
    "components", "Components", "component",
    (
        *_whose(),
        Column("name", "component", values.line, 120, "Write what the component is called.", ("name", "component name")),
        Column("kind", "what it is", values.line, 60, others=("kind", "type")),
        Column("note", "note"),
        Column("own", "registered as", values.line, 120, others=("own workload", "own")),
    ),
    needed=("workload", "name"),
)  # fmt: skip
THIRD_PARTIES = RowKind(
    "third_parties", "Third parties", "third party",
    (
        Column("name", "third party", values.line, 120, "Write what the service is called.", ("name", "service")),
        Column("vendor", "vendor", values.line, 120, others=("provider",)),
        Column("contact", "contact", values.line, 120),
        Column("contact_organisation", "contact organisation", values.line, 120),
        Column("rto_seconds", "promised RTO", _DURATION, 60, others=("rto",)),
        Column("rpo_seconds", "promised RPO", _DURATION, 60, others=("rpo",)),
        Column("document", "where the promise stands", values.line, 300, others=("document", "contract")),
        Column("promised_until_on", "promise holds until", values.maybe(values.day), 30, others=("promised until", "expires")),
        Column("has_failover", "fails over by itself", values.maybe(values.yes_or_no), 10, others=("has failover", "failover")),
        Column("note", "note"),
    ),
    ("vendors", "suppliers"), ("name", "vendor"),
)  # fmt: skip
DEPENDENCIES = RowKind(
    "dependencies", "Dependencies", "dependency",
    (
        *_whose(),
        Column("needs", "needs", values.line, 120, others=("depends on", "needs workload")),
        Column("needs_reference", "needs reference", values.line, 80),
        Column("third_party", "third party", values.line, 120, others=("needs third party",)),
        Column("strength", "hard or soft", values.empty_is("hard", values.one_of(STRENGTHS)), 20, others=("strength",)),
        Column("remains", "what still works without it", others=("remains",)),
        Column("order", "recovery", values.empty_is("sequential", values.one_of(ORDERS)), 20, others=("order",)),
        Column("note", "note"),
    ),
    needed=("workload",),
)  # fmt: skip
FLOWS = RowKind(
    "flows", "User flows", "user flow",
    (
        *_whose(),
        Column("name", "flow", values.line, 120, "Write what the flow is called.", ("name", "user flow", "flow name")),
        Column("what", "what it does", values.text, 2000, "Write what somebody does in this flow.", ("what", "description")),
        Column("relied_on_by", "who relies on it", others=("relied on by",)),
        Column("when_down", "what happens when it is down", others=("when down",)),
        Column("is_critical", "critical", values.empty_is(False, values.yes_or_no), 10, others=("is critical",)),
        Column("rto_seconds", "own RTO", _DURATION, 60, others=("rto",)),
        Column("rpo_seconds", "own RPO", _DURATION, 60, others=("rpo",)),
        Column("components", "components", values.items, 20_000, names=True),
        Column("needs", "needs", values.items, 20_000, others=("dependencies",), names=True),
        Column("third_parties", "third parties", values.items, 20_000, names=True),
    ),
    ("flows",), ("workload", "name", "what"),
)  # fmt: skip
FAILURE_MODES = RowKind(
    "failure_modes", "Failure modes", "failure mode",
    (
        *_whose(),
        Column("component", "component", values.line, 120),
        Column(
            "category", "kind of failure", values.one_of(CATEGORIES | {key: key for key in CATEGORIES.values()}), 40,
            f"Write one of these: {', '.join(CATEGORIES)}.", ("category",),
        ),
        Column("what", "what fails", values.line, 200, "Write what fails.", ("failure", "failure mode")),
        Column("effect", "what follows", values.text, 2000, "Write what follows, for whom.", ("effect",)),
        Column("likelihood", "likelihood", _scale("likelihood"), 20, f"Write {', '.join(SCALES['likelihood'])}."),
        Column("severity", "how bad", _scale("severity"), 20, f"Write {', '.join(SCALES['severity'])}.", ("severity",)),
        Column("noticed", "how it is noticed", _scale("noticed"), 20, f"Write {', '.join(SCALES['noticed'])}.", ("noticed",)),
        Column("detection", "by what it is noticed", others=("detection",)),
        Column("mitigation", "what softens or prevents it", others=("mitigation",)),
        Column("flows", "user flows", values.items, 20_000, others=("flows",), names=True),
    ),
    ("failure mode analysis", "fma"), ("workload", "what", "category"),
)  # fmt: skip
ROLES = RowKind(
    "roles", "Roles", "role",
    (
        Column("role", "role", values.line, 80, "Write which role, as the portal names it."),
        Column("workload", "workload", values.line, 120),
        Column("workload_reference", "workload reference", values.line, 80),
        Column("person", "person", values.line, 254, others=("holder", "person e mail", "person email")),
        Column("deputy", "deputy", values.line, 254, others=("deputy e mail", "deputy email")),
        Column("from_on", "from", values.day, 30, "Write the first day: 2026-11-30."),
        Column("until_on", "until", values.maybe(values.day), 30),
        Column("reason", "why it began yesterday", values.line, 300, others=("reason",)),
    ),
    ("role assignments",), ("role", "person"),
)  # fmt: skip
IMPACT = RowKind(
    "impact", "Impact", "impact analysis",
    (
        *_whose(),
        Column("currency", "currency", values.empty_is("EUR", values.currency), 10),
        Column("note", "where the figures come from", others=("note",)),
    ),
    ("impact analyses",), ("workload", "currency"),
)  # fmt: skip
SEASONS = RowKind(
    "seasons", "Seasons", "season",
    (
        *_whose(),
        Column("name", "season", values.line, 60, "Write what the season is called.", ("name",)),
        Column("working_days", "last working days of the month", values.maybe(values.whole(1, 20)), 10, others=("working days",)),
        Column("from_month", "from month", values.maybe(values.whole(1, 12)), 10),
        Column("from_day", "from day", values.maybe(values.whole(1, 31)), 10),
        Column("to_month", "to month", values.maybe(values.whole(1, 12)), 10),
        Column("to_day", "to day", values.maybe(values.whole(1, 31)), 10),
    ),
    needed=("workload", "name"),
)  # fmt: skip
ANSWERS = RowKind(
    "impact_answers", "Impact answers", "impact answer",
    (
        *_whose(),
        Column("season", "season", values.line, 60),
        Column("loss", "what is lost", values.empty_is("time", values.one_of(LOSSES)), 10, others=("loss",)),
        Column("category", "category", values.line, 60, "Write the category, as the impact analysis names it."),
        Column("point", "after", values.duration, 60, "Write how long it lasts: “4 h”.", ("duration", "point", "outage")),
        Column("level", "level", values.one_of(LEVELS_READ), 20, "Write none, slight, noticeable, serious or intolerable."),
        Column("amount_per_hour", "amount per hour", values.maybe(values.amount), 40, others=("amount",)),
    ),
    ("bia", "bia answers", "answers"), ("workload", "category", "level"),
)  # fmt: skip

_LISTED = frozenset({"tags"})
WORKLOADS = RowKind(
    "workloads", "Workloads", "workload",
    tuple(
        Column(key, label, names=key in _LISTED, others=workload_columns.OTHER_NAMES.get(key, ()))
        for key, label in workload_columns.LABELS.items()
    ),
    ("register",), workload_columns.REQUIRED,
)  # fmt: skip

# In the order in which they are written: what is meant by others comes before them.
_ALL = (WORKLOADS, COMPONENTS, THIRD_PARTIES, DEPENDENCIES, FLOWS, FAILURE_MODES, ROLES, IMPACT, SEASONS, ANSWERS)
KINDS = {kind.key: kind for kind in _ALL}
_BY_NAME: dict[str, dict[str, str]] = {
    kind.key: {normal(other): column.key for column in kind.columns for other in column.others}
    | {normal(name): column.key for column in kind.columns for name in (column.key, column.label)}
    for kind in KINDS.values()
}


_TIMED = {(WORKLOADS.key, key) for key in DURATIONS} | {
    (kind.key, column.key)
    for kind in KINDS.values()
    for column in kind.columns
    if column.read in (_DURATION, values.duration)
}


def kind_called(title: str) -> RowKind | None:
    """The kind that a sheet, a file of a ZIP or a list in a document is named after."""
    said = normal(title)
    return next((k for k in KINDS.values() if said in (normal(k.key), normal(k.title), *map(normal, k.others))), None)
