"""All rows of a file, compared with all that the portal knows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from audit.collector import collector_paused
from audit.names import plain_name
from people.models import User
from workloads.catalogue.contents import Contents, Line, Value
from workloads.catalogue.kinds import FLOWS
from workloads.catalogue.places import Places
from workloads.catalogue.subjects.base import Around, Subject
from workloads.catalogue.subjects.descriptions import Components, Dependencies, ThirdParties
from workloads.catalogue.subjects.failures import FailureModes
from workloads.catalogue.subjects.flows import Flows
from workloads.catalogue.subjects.impact import Answers, Impact, Seasons
from workloads.catalogue.subjects.roles import Roles
from workloads.catalogue.values import items
from workloads.register.known import Known, look_up
from workloads.register.planning import Choices, Plan, Planner
from workloads.register.progress import Progress, Steps, untold
from workloads.register.report import CHANGED, NEW, RowReport
from workloads.register.rows import CONTROL, Wanted, wanted_line
from workloads.register.sheet import BadCell, shown
from workloads.register.writing import propose, void_what_changed, write
from workloads.reviews import make_reviews_due

# In the order in which they are written: what is meant by others comes before them.
SUBJECTS: tuple[type[Subject], ...] = (
    Components, ThirdParties, Dependencies, Flows, FailureModes, Roles, Impact, Seasons, Answers,
)  # fmt: skip
MENTIONS = ("workload", "workload_reference", "needs", "needs_reference", "own")


@dataclass
class Whole:
    """The plan of a file."""

    plan: Plan
    known: Known
    around: Around

    @property
    def reports(self) -> list[RowReport]:
        return [*self.plan.reports, *(item.report for s in self.around.subjects.values() for item in s.items)]

    def write(self, *, by: User, at: dt.datetime, step: Steps) -> None:
        """Workloads first, then what describes them, then targets: an impact analysis that comes along counts for those."""
        with collector_paused():
            touched = write(self.plan, self.known, by=by, at=at, step=step)
            for subject in self.around.subjects.values():
                touched |= subject.write()
                step(sum(item.report.outcome in (NEW, CHANGED) for item in subject.items))
            propose(self.plan, by=by, at=at)
            make_reviews_due(because=self.around.review_because, by=by, at=at)
            void_what_changed(self.known, touched, by=by, at=at)


def plan_contents(
    contents: Contents, *, by: User, at: dt.datetime, lock: bool, choices: Choices, progress: Progress = untold
) -> Whole:
    """Asks a handful of questions for each kind of row, however many rows there are."""
    with collector_paused():
        step = Steps(progress, "checking", contents.count)
        rows = [_wanted(line, choices.team) for line in contents.lines.pop("workloads", ())]
        known = look_up(rows, lock=lock, mentioned=mentioned(contents))
        plan = Planner(known, by, choices).plan(rows, step)
        around = Around(by, at, Places.of(known, plan.rows), lock, leave_out=choices.leave_out)
        for kind in SUBJECTS:
            subject = around.subjects[kind.kind.key] = kind(around)
            subject.plan(contents.lines.pop(subject.kind.key, []), step)
        return Whole(plan, known, around)


def _wanted(line: Line, team: str) -> Wanted:
    """A workload's row; the team that was chosen stands in where the file names none."""
    lacks_team = bool(team) and (not line.said.get("team") or isinstance(line.said["team"], BadCell))
    if lacks_team:
        line.said["team"] = team
    row = wanted_line(line.number, line.said, more=line.more, alike=line.alike, names=line.names)
    if lacks_team:
        row.guesses.append(f"The file names no team, so it is “{shown(team)}”, as chosen.")
    return row


def _names(said: Value | None) -> list[str]:
    try:
        return said if isinstance(said, list) else items(said) if isinstance(said, str) else []
    except ValueError:
        return []  # the row says so itself


def mentioned(contents: Contents) -> set[str]:
    """Every text by which a row of another kind may mean a workload."""
    found: set[str] = set()
    for kind, lines in contents.lines.items():
        for line in lines:
            for key in MENTIONS:
                said = line.said.get(key)
                if isinstance(said, str) and said:
                    found.add(said)
            if kind == FLOWS.key:
                found |= set(_names(line.said.get("needs")))
    return {plain_name(said[:400])[:200] for said in found if not CONTROL.search(said)}  # others are refused
