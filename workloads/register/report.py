"""What an import would do, row by row, and the words for it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workloads.catalogue.kinds import KINDS
from workloads.register.rows import Problem
from workloads.register.sheet import ranges, shown

NEW, CHANGED, UNCHANGED, REFUSED, LEFT_OUT = "new", "changed", "unchanged", "refused", "left out"
ORDER = (REFUSED, LEFT_OUT, CHANGED, NEW, UNCHANGED)  # as people should look: problems first, then what overwrites
CAUSES_MAX = 40
NAMED_MAX = 20
PLURALS = {"impact": "impact analyses"}


@dataclass(frozen=True)
class Change:
    field: str
    before: str
    after: str


@dataclass
class RowReport:
    number: int
    name: str
    reference: str
    outcome: str = UNCHANGED
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)  # what was assumed for it; said once for all rows
    kind: str = "workloads"

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "row": self.number,
            "name": self.name,
            "reference": self.reference,
            "outcome": self.outcome,
            "changes": [{"field": c.field, "from": c.before, "to": c.after} for c in self.changes],
            "problems": [{"column": p.column, "what": p.what} for p in self.problems],
            "notes": self.notes,
        }


@dataclass
class Report:
    """The same for page, API and command; `applied` says whether it has happened."""

    file: str
    rows: list[RowReport]
    teams: list[str]
    notes: list[str]
    applied: bool = False

    def count(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def refused(self) -> int:
        return self.count(REFUSED)

    @property
    def to_write(self) -> int:
        return self.count(NEW) + self.count(CHANGED)

    @property
    def digest(self) -> str:
        """Of all that would be written: two reports with the same digest do the same."""
        text = json.dumps([self.teams, [row.as_json() for row in self.rows]], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def understood(self) -> str:
        """ "231 third parties and 14 workloads"."""
        kinds = Counter(row.kind for row in self.rows)
        said = [f"{kinds[key]:,} {kind_words(key, kinds[key])}" for key in KINDS if kinds[key]]
        return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]])) if said else "nothing"

    @property
    def sentence(self) -> str:
        return sentence({outcome: self.count(outcome) for outcome in ORDER}, applied=self.applied)

    def as_json(self) -> dict[str, Any]:
        tally = Counter(row.outcome for row in self.rows)
        return {
            "file": self.file,
            "applied": self.applied,
            "understood": self.understood,
            "sentence": self.sentence,
            "summary": {outcome: tally[outcome] for outcome in ORDER},
            "new_teams": self.teams,
            "notes": self.notes,
            "causes": [cause.as_json() for cause in causes(self.rows)],
            "digest": self.digest,
            "rows": [row.as_json() for row in _problems_first(self.rows)],
        }


def _problems_first(rows: Iterable[RowReport]) -> list[RowReport]:
    return sorted(rows, key=lambda row: (ORDER.index(row.outcome), row.number))


def sentence(summary: dict[str, int], *, applied: bool) -> str:
    """ "58 new, 2 changed, 3 refused: nothing is written yet." """
    said = [
        f"{summary[outcome]:,} {outcome}"
        for outcome in (NEW, CHANGED, UNCHANGED, LEFT_OUT, REFUSED)
        if summary[outcome]
    ]
    if applied:
        return f"{', '.join(said)}: imported."
    if not summary[NEW] + summary[CHANGED] + summary[REFUSED] + summary[LEFT_OUT]:
        return f"{', '.join(said)}: the register says all of this already."
    return f"{', '.join(said)}: nothing is written yet."


def kind_words(key: str, count: int) -> str:
    return KINDS[key].one if count == 1 else PLURALS.get(key, KINDS[key].title.lower())


@dataclass
class Cause:
    """One thing that was refused, left out or assumed, and the rows it is about."""

    outcome: str  # refused, left out, or "" for what was assumed
    kind: str
    column: str
    what: str
    rows: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    def who(self) -> str:
        """ "14 workloads (rows 2–15)"."""
        count = len(self.rows)
        return f"{count:,} {kind_words(self.kind, count)} ({'row' if count == 1 else 'rows'} {ranges(sorted(set(self.rows)))})"

    def as_json(self) -> dict[str, Any]:
        what = self.what
        if self.outcome == LEFT_OUT:
            more = len(self.names) - NAMED_MAX
            named = ", ".join(self.names[:NAMED_MAX]) + (f" and {more:,} more, listed below" if more > 0 else "")
            what = f"{what} {named}"
        return {
            "outcome": self.outcome,
            "kind": self.kind,
            "column": self.column,
            "what": what,
            "count": len(self.rows),
            "who": self.who,
        }


def causes(rows: Iterable[RowReport]) -> list[Cause]:
    """What was refused, left out or assumed, by its cause: refusals first, what is about most rows before the rest."""
    found: dict[tuple[str, str, str, str], Cause] = {}
    for row in rows:
        said = [(REFUSED, problem.column, problem.what) for problem in row.problems]
        if row.outcome == LEFT_OUT:
            said.append((LEFT_OUT, "", "Left out, as this file and the register do not know the other end:"))
        else:
            said += [("", "", note) for note in (*row.notes, *row.guesses)]
        for outcome, column, what in said:
            cause = found.setdefault((row.kind, outcome, column, what), Cause(outcome, row.kind, column, what))
            cause.rows.append(row.number)
            cause.names.append(shown(row.name, 60))
    order = {REFUSED: 0, LEFT_OUT: 1, "": 2}
    return sorted(found.values(), key=lambda cause: (order[cause.outcome], -len(cause.rows)))[:CAUSES_MAX]
