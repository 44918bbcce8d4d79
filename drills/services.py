"""Deeds on drills: schedule, change, cancel, start, finish, stop. Times are recorded in `marking`, gaps kept in `gaps`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from audit.errors import DeedError, Invalid, WrongState
from audit.kinds import Kind
from audit.services import difference, record
from audit.states import change_state
from drills import telling
from drills.coordinators import require_run, why_not_coordinator
from drills.gaps import settle_retested, sort_retested
from drills.models import Action, Drill, DrillKind, Mark
from drills.moments import that_count
from drills.report import build_report
from drills.stand_ins import require_plan
from drills.verdict import Clocked, Grade, Verdicts, judge_drill
from drills.verdict import What as Moment
from people.models import User, organisation_today
from people.permissions import Permission
from signoffs.documents import digest
from workloads.models import Classification, Lifecycle, Proof, Workload
from workloads.reviews import note_proof

LONGEST_WINDOW = dt.timedelta(days=31)
FURTHEST_WINDOW = dt.timedelta(days=3 * 366)


@transaction.atomic
def schedule(
    *,
    workload: Workload,
    by: User,
    at: dt.datetime,
    kind: str,
    window_start: dt.datetime,
    window_end: dt.datetime,
    coordinator: User,
    success_criteria: str,
    scenario: str = "",
    participants: Collection[User] = (),
) -> Drill:
    """Plan a drill and invite people. Raises Invalid, WrongState for a retired workload."""
    by.require(Permission.SCHEDULE_DRILLS, on=workload)
    if workload.lifecycle == Lifecycle.RETIRED:
        raise WrongState(f"{workload.name} is retired. A retired workload is not drilled.")
    _check(workload, kind, window_start, window_end, coordinator, success_criteria, participants, at)
    drill = Drill.objects.create(
        workload=workload,
        kind=kind,
        scenario=scenario.strip(),
        success_criteria=success_criteria.strip(),
        window_start=window_start,
        window_end=window_end,
        coordinator=coordinator,
        scheduled_at=at,
        scheduled_by=by,
    )
    drill.participants.set(participants)
    record(Kind.DRILL_SCHEDULED, drill, by=by, at=at, after=_described(drill))
    telling.scheduled(drill, telling.everybody(drill), by=by, at=at)
    return drill


@transaction.atomic
def change(
    *,
    drill: Drill,
    by: User,
    at: dt.datetime,
    kind: str,
    window_start: dt.datetime,
    window_end: dt.datetime,
    coordinator: User,
    success_criteria: str,
    scenario: str = "",
    participants: Collection[User] = (),
) -> Drill:
    """Change a planned drill; from its start on what was agreed is fixed. Raises Invalid, WrongState."""
    require_plan(drill, by, at=at)
    drill = lock(drill)
    if drill.state != Drill.State.PLANNED:
        raise WrongState(f"This drill is {drill.get_state_display().lower()}. Only a planned drill can be changed.")
    _check(drill.workload, kind, window_start, window_end, coordinator, success_criteria, participants, at)
    before, invited = _described(drill), telling.everybody(drill)
    drill.kind, drill.scenario, drill.success_criteria = kind, scenario.strip(), success_criteria.strip()
    drill.window_start, drill.window_end, drill.coordinator = window_start, window_end, coordinator
    drill.save(update_fields=["kind", "scenario", "success_criteria", "window_start", "window_end", "coordinator"])
    drill.participants.set(participants)
    old, new = difference(before, _described(drill))
    if new:
        record(Kind.DRILL_CHANGED, drill, by=by, at=at, before=old, after=new)
        _tell_of_change(drill, invited, by=by, at=at)
    return drill


def _tell_of_change(drill: Drill, invited: Collection[User], *, by: User, at: dt.datetime) -> None:
    """Who stays hears of the change, who is new is invited, who is no longer needed hears that."""
    were, now = {person.pk for person in invited}, telling.everybody(drill)
    are = {person.pk for person in now}
    telling.changed(drill, [person for person in now if person.pk in were], by=by, at=at)
    telling.scheduled(drill, [person for person in now if person.pk not in were], by=by, at=at)
    telling.called_off(drill, by=by, at=at, people=[person for person in invited if person.pk not in are])


@transaction.atomic
def cancel(*, drill: Drill, by: User, at: dt.datetime, reason: str) -> None:
    """Give up a drill that has not begun. Raises Invalid without a reason, WrongState."""
    require_plan(drill, by, at=at)
    _call_off(drill, "cancel", by=by, at=at, reason=reason)


@transaction.atomic
def stop(*, drill: Drill, by: User, at: dt.datetime, reason: str) -> None:
    """End a running drill, for example because something real goes wrong. It proves no success and does not count for the
    interval; what was missed until now stays missed. Raises Invalid, WrongState."""
    require_run(drill, by, at=at)
    verdicts = judge(_locked_for("stop", drill), list(drill.marks.all()), at=at, stopped=True)
    _call_off(drill, "stop", by=by, at=at, reason=reason, result=_result(verdicts) if drill.measures else {})
    if drill.measures and verdicts.missed:
        _note(drill, verdicts, by=by, at=at)


def _call_off(
    drill: Drill, verb: str, *, by: User, at: dt.datetime, reason: str, result: dict[str, Any] | None = None
) -> None:
    reason = reason.strip()
    if not reason:
        raise Invalid("Write the reason; it stays with the drill.", {"reason": "Write the reason."})
    columns: dict[str, Any] = {"called_off_at": at, "called_off_by": by, "called_off_reason": reason, **(result or {})}
    # The workload's number, by which its next review finds this line.
    after = {"reason": reason, "workload": drill.workload_id, **(result or {})}
    change_state(drill, verb, by=by, at=at, after=after, **columns)
    telling.called_off(drill, by=by, at=at)


@transaction.atomic
def start(*, drill: Drill, by: User, at: dt.datetime) -> None:
    """Begin: the success criteria are fixed and the target in force is copied. Raises WrongState."""
    require_run(drill, by, at=at)
    target = Classification.objects.filter(workload=drill.workload_id, state=Classification.State.SIGNED_OFF).first()
    columns: dict[str, Any] = {"started_at": at, "started_by": by}
    if target is not None:
        columns |= {
            "classification": target,
            "tier_level": target.tier_id,
            "rto_seconds": target.rto_seconds,
            "rpo_seconds": target.rpo_seconds,
        }
    told: dict[str, int | None] = {"tier": None, "rto_seconds": None, "rpo_seconds": None}
    if target is not None:
        told = {"tier": target.tier_id, "rto_seconds": target.rto_seconds, "rpo_seconds": target.rpo_seconds}
    change_state(drill, "start", by=by, at=at, after=told, **columns)


@transaction.atomic
def finish(
    *, drill: Drill, by: User, at: dt.datetime, retested: Collection[Action] = (), seen: str | None = None
) -> Drill:
    """Judge the recorded times, freeze the report, settle the gaps that were put to the test, and tell everybody.

    Times may be missing: what was not measured is not measured, and the verdict says so. `seen` is the `Preview.seen` that a
    person confirmed. Raises WrongState, Invalid, DrillChanged when the drill is no longer as it was shown.
    """
    require_run(drill, by, at=at)
    drill = _locked_for("finish", drill)
    found = preview(drill, at=at)
    if seen is not None and seen != found.seen:
        raise DrillChanged("The drill has changed since this was shown. Look at it again, then finish it.")
    verdicts = found.verdicts
    settled = sort_retested(drill, retested, verdicts.rto.result, verdicts.rpo.result)
    report = build_report(
        drill, verdicts=verdicts, marks=found.marks, retested=settled, finished_at=at, finished_by=by.name
    )
    result, seal = _result(verdicts), digest(report)
    change_state(
        drill,
        "finish",
        by=by,
        at=at,
        after={**result, "digest": seal},
        finished_at=at,
        finished_by=by,
        report=report,
        digest=seal,
        **result,
    )
    settle_retested(drill, settled, by=by, at=at)
    if drill.measures:
        _note(drill, verdicts, by=by, at=at)
    telling.finished(drill, drill.actions.count(), by=by, at=at)
    return drill


class DrillChanged(DeedError):
    """What a person confirmed is not what would be frozen now."""

    status = 409
    code = "drill-changed"


@dataclass(frozen=True)
class Preview:
    """What finishing would freeze at this moment. `seen` changes with whatever a reader would want to see again."""

    verdicts: Verdicts
    marks: list[Mark]
    seen: str

    @property
    def result(self) -> dict[str, Any]:
        """The columns of the drill that it would get."""
        return _result(self.verdicts)


def preview(drill: Drill, *, at: dt.datetime) -> Preview:
    """A running drill as it would be frozen at `at`, without doing anything."""
    marks = list(drill.marks.select_related("recorded_by"))
    verdicts = judge(drill, marks, at=at)
    # How long it has been down ticks on by itself; that it made the drill a miss shows in the verdict.
    shown = build_report(
        drill, verdicts=replace(verdicts, down_for=None), marks=marks, retested={}, finished_at=None, finished_by=""
    )
    return Preview(verdicts, marks, digest(shown))


def _note(drill: Drill, verdicts: Verdicts, *, by: User, at: dt.datetime) -> None:
    """Tell the workload what this drill showed. Only one that was finished counts for the interval."""
    note_proof(
        workload=drill.workload,
        proven_on=organisation_today(at),
        rto=Proof(verdicts.rto.result),
        rpo=Proof(verdicts.rpo.result),
        rto_seconds=verdicts.rto.seconds,
        rpo_seconds=verdicts.rpo.seconds,
        counts=drill.state == Drill.State.FINISHED,
        by=by,
        at=at,
    )


def judge(drill: Drill, marks: Collection[Mark], *, at: dt.datetime, stopped: bool = False) -> Verdicts:
    """The verdicts as the recorded times stand at `at`; corrected times no longer count."""
    moments = {Moment(what): Clocked(mark.at, Grade(mark.grade)) for what, mark in that_count(marks).items()}
    return judge_drill(
        moments,
        rto_seconds=drill.rto_seconds,
        rpo_seconds=drill.rpo_seconds,
        measures=drill.measures,
        ended_at=at,
        stopped=stopped,
    )


def _result(verdicts: Verdicts) -> dict[str, Any]:
    return {
        "rto_verdict": verdicts.rto.result.value,
        "rpo_verdict": verdicts.rpo.result.value,
        "recovery_seconds": verdicts.rto.seconds,
        "loss_seconds": verdicts.rpo.seconds,
        "declare_seconds": verdicts.declare.seconds,
        "rto_grade": verdicts.rto.grade or "",
        "rpo_grade": verdicts.rpo.grade or "",
        "declare_grade": verdicts.declare.grade or "",
    }


def lock(drill: Drill) -> Drill:
    """The drill as it is now, held until the end of the transaction."""
    related = ("workload__owner_team", "coordinator", "scheduled_by", "started_by", "classification")
    return Drill.objects.select_for_update(of=("self",)).select_related(*related).get(pk=drill.pk)


def _locked_for(verb: str, drill: Drill) -> Drill:
    """Held until the end, so that no time gets into the drill while it is judged. Raises WrongState."""
    drill = lock(drill)
    if not drill.can(verb):
        ended = {"finish": "finished", "stop": "stopped"}[verb]
        raise WrongState(f"This drill is {drill.get_state_display().lower()}. Only a running drill can be {ended}.")
    return drill


def _check(
    workload: Workload,
    kind: str,
    window_start: dt.datetime,
    window_end: dt.datetime,
    coordinator: User,
    success_criteria: str,
    participants: Collection[User],
    at: dt.datetime,
) -> None:
    problems: dict[str, str] = {}
    if kind not in DrillKind.values:
        problems["kind"] = "Choose one of the kinds of drill."
    if not success_criteria.strip():
        problems["success_criteria"] = "Write when the drill counts as passed; it is fixed from the start on."
    if window_end <= window_start:
        problems["window_end"] = "The window ends before it begins. Choose a later end."
    elif window_end <= at:
        problems["window_end"] = "This window is over. Choose one that is still to come."
    elif window_end - window_start > LONGEST_WINDOW:
        problems["window_end"] = "A window has at most 31 days. Choose an earlier end."
    elif window_start - at > FURTHEST_WINDOW:
        problems["window_start"] = "Choose a window within the next three years."
    if problem := why_not_coordinator(coordinator, workload, on=organisation_today(at)):
        problems["coordinator"] = problem
    gone = [person.name for person in participants if not person.is_active]
    if gone:
        problems["participants"] = f"Can no longer sign in: {', '.join(gone)}."
    if problems:
        raise Invalid("Some values need another look.", problems)


def _described(drill: Drill) -> dict[str, Any]:
    return {
        "kind": drill.kind,
        "window_start": drill.window_start,
        "window_end": drill.window_end,
        "coordinator": drill.coordinator,
        "participants": sorted(person.name for person in drill.participants.all()),
        "scenario": drill.scenario,
        "success_criteria": drill.success_criteria,
    }
