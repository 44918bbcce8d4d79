"""What an import would do, row by row, and the words for it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workloads.register.rows import Problem

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
ORDER = (REFUSED, CHANGED, NEW, UNCHANGED)  # as people should look: problems first, then what overwrites


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
    def sentence(self) -> str:
        return sentence({outcome: self.count(outcome) for outcome in ORDER}, applied=self.applied)

    def as_json(self) -> dict[str, Any]:
        tally = Counter(row.outcome for row in self.rows)
        return {
            "file": self.file,
            "applied": self.applied,
            "sentence": self.sentence,
            "summary": {outcome: tally[outcome] for outcome in ORDER},
            "new_teams": self.teams,
            "notes": self.notes,
            "digest": self.digest,
            "rows": [row.as_json() for row in _problems_first(self.rows)],
        }


def _problems_first(rows: Iterable[RowReport]) -> list[RowReport]:
    return sorted(rows, key=lambda row: (ORDER.index(row.outcome), row.number))


def sentence(summary: dict[str, int], *, applied: bool) -> str:
    """ "58 new, 2 changed, 3 refused: nothing is written yet." """
    said = [f"{summary[outcome]:,} {outcome}" for outcome in (NEW, CHANGED, UNCHANGED, REFUSED) if summary[outcome]]
    if applied:
        return f"{', '.join(said)}: imported."
    if not summary[NEW] + summary[CHANGED] + summary[REFUSED]:
        return f"{', '.join(said)}: the register says all of this already."
    return f"{', '.join(said)}: nothing is written yet."
