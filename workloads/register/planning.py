"""Compare what the rows want with what the portal knows: what is new, changed, unchanged or refused, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from people.models import Team, User
from people.permissions import Permission
from people.wording import duration
from workloads.models import Classification, Workload
from workloads.register.known import Known, Reach
from workloads.register.report import CHANGED, NEW, REFUSED, Change, RowReport
from workloads.register.rows import Problem, Wanted
from workloads.register.sheet import shown
from workloads.register.targets import Target, default_slo, plan_target
from workloads.services import taken_words
from workloads.signing import percent

ASK = "Ask the head of operations for the right."
# What the signers of a target read of its workload (`signing.classification_document`): a change makes an open request void.
IN_DOCUMENT = frozenset({"name", "reference", "purpose", "owner_team", "business_unit", "own_rto_seconds"})


@dataclass
class Planned:
    """One row and what it would write."""

    wanted: Wanted
    report: RowReport
    workload: Workload | None = None
    fields: dict[str, Any] = field(default_factory=dict)  # only what differs; the team by its name
    target: Target | None = None
    proposal: Classification | None = None  # the open proposal that would be changed

    @property
    def thing(self) -> Workload | None:
        return self.workload


@dataclass(frozen=True)
class Choices:
    """What a person chose for rows that cannot come in as the file says."""

    make_teams: bool = False  # add teams that do not exist
    leave_out: bool = False  # links whose other end is not known
    team: str = ""  # for workloads of which the file names no team


@dataclass
class Plan:
    rows: list[Planned]
    teams: list[str]  # to be created

    @property
    def reports(self) -> list[RowReport]:
        return [row.report for row in self.rows]


class Planner:
    """Goes through the rows in their order; remembers names and references, so that none is meant twice."""

    def __init__(self, known: Known, by: User, choices: Choices = Choices()) -> None:
        self.known = known
        self.make_teams = choices.make_teams
        self.sees_all, self.taken = by.may(Permission.VIEW_WORKLOADS), taken_words("name", by)
        self.may_add_teams = by.may(Permission.ADD_PEOPLE)
        self.may_change = Reach.of(by, Permission.CHANGE_WORKLOADS)
        self.may_propose = Reach.of(by, Permission.PROPOSE)
        # Whatever its capitals, and as a catalogue writes it: “claims-handling” for “Claims handling”.
        self.teams_by_key = {_slug(name): team for name, team in known.teams.items()}
        self.teams_by_key |= {name.lower(): team for name, team in known.teams.items()}
        self.new_teams: dict[str, str] = {}
        self.first_row: dict[tuple[str, Any], int] = {}

    def plan(self, rows: list[Wanted], step: Callable[[], None] = lambda: None) -> Plan:
        """Call `step` after each row."""
        planned = []
        for row in rows:
            planned.append(self._row(row))
            step()
        used = {p.fields["owner_team"] for p in planned if p.report.outcome != REFUSED and "owner_team" in p.fields}
        return Plan(planned, sorted(name for name in self.new_teams.values() if name in used))

    def _row(self, row: Wanted) -> Planned:
        report = RowReport(row.number, "", shown(row.reference, 80), guesses=row.guesses)
        planned = Planned(row, report)
        planned.workload = self._match(row)
        report.name = shown(row.name, 120)
        self._once(row, planned.workload)
        team = self._team(row)
        self._compare(planned, team)
        self._propose(planned, team)
        if row.problems:
            report.outcome, report.changes, report.notes, report.problems = REFUSED, [], [], row.problems
        elif report.changes:
            report.outcome = NEW if planned.workload is None else CHANGED
        return planned

    def _match(self, row: Wanted) -> Workload | None:
        """The workload this row is about. A name that another one has is a problem."""
        by_name = self.known.by_name.get(self.known.key(row.name)) if row.name else None
        if not row.reference:
            return by_name
        found = self.known.by_reference.get(row.reference)
        if row.names:
            by_name = self._named(row, found, by_name)
        if found is None and by_name is not None and not by_name.reference:
            return by_name  # known by its name; the report shows the reference it gets
        if by_name is not None and by_name != found:
            has = f"has the reference {by_name.reference}" if by_name.reference else "has no reference"
            said = f"Another workload is called “{shown(by_name.name)}” and {has}. Correct the reference or the name."
            row.refuse("name", said if self.sees_all else self.taken)
        return found

    def _named(self, row: Wanted, found: Workload | None, by_name: Workload | None) -> Workload | None:
        """Two things of one name stay two: where the name is another's, the next best is taken; one that is known keeps its."""
        key = self.known.key
        if found is not None and (own := [name for name in row.names if key(name) == key(found.name)]):
            row.name = own[0]
            return found
        if by_name is None or (found is None and not by_name.reference):
            return by_name
        if free := [name for name in row.names if key(name) not in self.known.by_name]:
            row.name, taken = free[0], row.name
            row.guesses.append(
                f"Another workload is called “{shown(taken)}” already, so this one is “{shown(row.name)}”."
            )
            return None
        return by_name

    def _once(self, row: Wanted, workload: Workload | None) -> None:
        marks: list[tuple[str, Any]] = [("name", self.known.key(row.name))] if row.name else []
        marks += [("reference", row.reference)] if row.reference else []
        marks += [("workload", workload.pk)] if workload is not None else []
        for mark in marks:
            first = self.first_row.setdefault(mark, row.number)
            if first != row.number:
                column = "reference" if mark[0] == "reference" else "name"
                row.refuse(column, f"Row {first} is about the same workload. Keep one of them.")
                return

    def _team(self, row: Wanted) -> Team | None:
        """The team, if it exists; a new one is noted, or refused to whom may not add teams."""
        found = self.known.teams.get(row.team) or self.teams_by_key.get(row.team.lower())
        if found is not None or not row.team:
            return found
        if not self.make_teams:
            row.refuse(
                "team",
                f"There is no team “{shown(row.team)}”. Name an existing one, or tick “Add missing teams” with the file.",
            )
            return None
        if not self.may_add_teams:
            row.refuse(
                "team", f"There is no team “{shown(row.team)}”, and you may not add teams. Name an existing one. {ASK}"
            )
        self.new_teams.setdefault(row.team.lower(), row.team)
        return None

    def _compare(self, planned: Planned, team: Team | None) -> None:
        row, workload = planned.wanted, planned.workload
        if workload is None and not row.name:
            return
        wished = {
            "name": row.name,
            "reference": row.reference or None,
            "purpose": row.purpose,
            "owner_team": team.name if team is not None else self.new_teams.get(row.team.lower(), row.team),
            "business_unit": row.business_unit,
            "lifecycle": row.lifecycle,
            "tags": row.tags,
            "own_rto_seconds": row.own_rto,
            "is_shared": row.shared,
        }
        before = described(workload) if workload is not None else dict.fromkeys(wished, "") | NOTHING_YET
        planned.fields = {k: v for k, v in wished.items() if v is not None and not same(before[k], v)}
        planned.report.changes += [
            Change(_LABELS[k], _said(k, before[k]), _said(k, v)) for k, v in planned.fields.items()
        ]
        if workload is None or not planned.fields:
            return
        if not self.may_change.covers(None, workload):
            planned.wanted.problems.append(Problem("row", f"You may not change “{shown(workload.name)}”. {ASK}"))
        open_target = self.known.proposed.get(workload.pk)
        if (
            open_target is not None
            and open_target.state == Classification.State.IN_REVIEW
            and IN_DOCUMENT & set(planned.fields)
        ):
            planned.report.notes.append("The open request for signatures becomes void: it shows what changes here.")

    def _propose(self, planned: Planned, team: Team | None) -> None:
        row, workload = planned.wanted, planned.workload
        if not row.tier:
            return
        number = workload.pk if workload is not None else 0
        in_force, open_target = self.known.in_force.get(number), self.known.proposed.get(number)
        target = plan_target(row, self.known.tiers, workload, in_force, open_target)
        if target is None:
            if row.lacks:
                planned.report.notes.append(f"No target is proposed: there is no {' and no '.join(row.lacks)}.")
            return
        if not self.may_propose.covers(team, workload):
            row.refuse("tier", f"You may not propose a target for this workload. Leave the tier empty. {ASK}")
        planned.target, planned.proposal = target, open_target
        if row.slo is None and target.slo == default_slo(target.tier):
            planned.report.guesses.append(
                f"The file says no SLO, so the proposed target has {percent(target.slo)} %, "
                f"the least for tier {target.tier.level}."
            )
        before = open_target or in_force
        said = Target.of(before).words if before is not None else ""
        planned.report.changes.append(Change("proposed target", said, target.words))
        if before is not None and said == target.words:
            planned.report.changes[-1] = Change("reason", before.reason, target.reason)


NOTHING_YET: dict[str, Any] = {"tags": [], "is_shared": False}
_LABELS = {
    "name": "name",
    "reference": "reference",
    "purpose": "purpose",
    "owner_team": "team",
    "business_unit": "business unit",
    "lifecycle": "lifecycle",
    "tags": "tags",
    "own_rto_seconds": "own recovery time",
    "is_shared": "shared service",
}


def described(workload: Workload) -> dict[str, Any]:
    """The columns of a file, as the portal has them now."""
    return {name: getattr(workload, name) for name in _LABELS} | {"owner_team": workload.owner_team.name}


def same(before: Any, after: Any) -> bool:
    """A browser ends lines with two characters, a file with one; that is no change."""
    if isinstance(before, str) and "\r" in before:
        before = before.replace("\r\n", "\n").replace("\r", "\n")
    return bool(before == after)


def _slug(name: str) -> str:
    return "-".join(re.findall(r"\w+", name.lower()))


def _said(name: str, value: Any) -> str:
    if name.endswith("_seconds"):
        return duration(value) if isinstance(value, int) else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
