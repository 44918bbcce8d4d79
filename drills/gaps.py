"""Deeds on the gaps that drills find. Closing one is not a deed of its own: a later drill that passes does it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import difference, record
from audit.states import change_state
from drills import telling
from drills.models import Action, Drill, Severity
from drills.stand_ins import require_pass_on
from people.models import User, organisation_today
from people.permissions import Permission
from workloads.models import Proof

TITLE_MAX = 200
LATEST_DUE = dt.timedelta(days=3650)


@transaction.atomic
def open_action(
    *,
    drill: Drill,
    by: User,
    at: dt.datetime,
    title: str,
    owner: User,
    due_on: dt.date,
    cause: str = "",
    severity: str = Severity.MEDIUM,
) -> Action:
    """Write down a gap that this drill found, with who mends it by when. Raises Invalid, WrongState."""
    by.require(Permission.RUN_DRILLS, on=drill.workload)
    if drill.started_at is None:
        raise WrongState("This drill has not begun, so it cannot have found a gap.")
    _check(title=title, severity=severity, owner=owner, due_on=due_on, at=at)
    action = Action.objects.create(
        drill=drill,
        title=title.strip(),
        cause=cause.strip(),
        severity=severity,
        owner=owner,
        due_on=due_on,
        opened_at=at,
        opened_by=by,
    )
    record(Kind.ACTION_OPENED, action, by=by, at=at, after=_described(action))
    telling.assigned(action, by=by, at=at)
    return action


@transaction.atomic
def change_action(*, action: Action, by: User, at: dt.datetime, owner: User, due_on: dt.date) -> Action:
    """Give a gap to somebody else or another day. Raises Invalid, WrongState once it is closed."""
    require_pass_on(action, by, at=at)
    action = Action.objects.select_for_update(of=("self",)).select_related("drill__workload", "owner").get(pk=action.pk)
    if action.state == Action.State.CLOSED:
        raise WrongState("A re-test has closed this gap. A new one needs a new entry.")
    if owner.pk == action.owner_id and due_on == action.due_on:
        return action
    _check(title=action.title, severity=action.severity, owner=owner, due_on=due_on, at=at, was_due=action.due_on)
    before, is_new_owner = _described(action), owner.pk != action.owner_id
    action.owner, action.due_on = owner, due_on
    action.save(update_fields=["owner", "due_on"])
    old, new = difference(before, _described(action))
    record(Kind.ACTION_CHANGED, action, by=by, at=at, before=old, after=new)
    if is_new_owner:
        telling.assigned(action, by=by, at=at)
    return action


@transaction.atomic
def mark_action_done(*, action: Action, by: User, at: dt.datetime, how: str) -> None:
    """Say that the work is done and what it was; the gap stays until a re-test passes. Raises Invalid, WrongState."""
    if by.pk != action.owner_id or not by.is_active:
        require_pass_on(action, by, at=at)
    if not how.strip():
        raise Invalid("Write what was done.", {"how": "Write what was done; the re-test checks it."})
    change_state(action, "done", by=by, at=at, after={"how": how.strip()}, done_at=at, done_by=by, done_how=how.strip())


@transaction.atomic
def reopen_action(*, action: Action, by: User, at: dt.datetime, reason: str) -> None:
    """Open a gap again whose work did not help. Raises Invalid, WrongState."""
    by.require(Permission.RUN_DRILLS, on=action.drill.workload)
    if not reason.strip():
        raise Invalid("Write why it is open again.", {"reason": "Write why it is open again."})
    _reopen(action, by=by, at=at, reason=reason.strip())


def retestable(drill: Drill) -> Any:
    """Gaps of the same workload whose work is done and that an earlier drill found."""
    return Action.objects.filter(
        drill__workload=drill.workload_id, drill__started_at__lt=drill.started_at, state=Action.State.DONE
    ).exclude(drill=drill.pk)


def sort_retested(drill: Drill, actions: Collection[Action], rto: str, rpo: str) -> dict[str, list[Action]]:
    """What a drill with these verdicts does to the gaps it put to the test: closes, reopens or leaves waiting.

    Raises Invalid for one that this drill cannot test. A claimed or missing result neither proves nor disproves.
    """
    pks = {action.pk for action in actions}
    found = list(retestable(drill).select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")) if pks else []
    if len(found) != len(pks):
        told = "One of the gaps cannot be re-tested by this drill: it is not done, or belongs to another workload."
        raise Invalid(told, {"retested": told})
    became = "waiting"
    if rto == rpo == Proof.MET:
        became = "closed"
    elif Proof.MISSED in (rto, rpo):
        became = "open again"
    return {became: found} if found else {}


def settle_retested(drill: Drill, retested: dict[str, list[Action]], *, by: User, at: dt.datetime) -> None:
    """After the drill is finished: do what `sort_retested` found."""
    for action in retested.get("closed", ()):
        told = {"drill": str(drill)}
        change_state(action, "close", by=by, at=at, after=told, closed_at=at, closed_by=by, closed_by_drill=drill)
    for action in retested.get("open again", ()):
        _reopen(action, by=by, at=at, reason=f"Missed in the re-test: {drill}")


def _reopen(action: Action, *, by: User, at: dt.datetime, reason: str) -> None:
    before = {"how": action.done_how}
    change_state(
        action, "reopen", by=by, at=at, before=before, after={"reason": reason}, done_at=None, done_by=None, done_how=""
    )


def _check(
    *,
    title: str,
    severity: str,
    owner: User,
    due_on: dt.date,
    at: dt.datetime,
    was_due: dt.date | None = None,
) -> None:
    problems = {}
    today = organisation_today(at)
    if not title.strip() or len(title.strip()) > TITLE_MAX:
        problems["title"] = f"Write what was wrong, in at most {TITLE_MAX} characters."
    if severity not in Severity.values:
        problems["severity"] = "Choose low, medium or high."
    if not owner.is_active:
        problems["owner"] = f"{owner} can no longer sign in. Choose somebody else."
    if due_on != was_due and due_on < today:
        problems["due_on"] = "This day is over. Choose today or later."
    if due_on > today + LATEST_DUE:
        problems["due_on"] = "Choose a day within the next ten years."
    if problems:
        raise Invalid("Some values need another look.", problems)


def _described(action: Action) -> dict[str, Any]:
    return {
        "title": action.title,
        "cause": action.cause,
        "severity": action.severity,
        "owner": action.owner,
        "due": action.due_on,
    }
