"""Deeds on waivers. Signing and refusing one is a signature like any other (`workloads.gates.signing`)."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import PORTAL, record
from audit.states import change_state
from communications.purposes import shortened
from people.models import Role, User, organisation_today
from people.permissions import EXECUTIVE_SPONSOR, Permission
from people.wording import date_words
from signoffs import services as signoffs
from workloads.finding import Finding
from workloads.gates import telling
from workloads.gates.queries import name_outgrown, of_workload
from workloads.gates.signing import MEANING, WAIVER, waiver_document
from workloads.models import Waiver, Workload
from workloads.reviews import make_review_due
from workloads.services import constraint_of

SIGN_WITHIN = dt.timedelta(days=14)
LONGEST = dt.timedelta(days=366)
ALREADY = "There is a waiver of this finding already, in force or waiting for its signature."
TITLE_MAX = 300  # characters; the column is as wide


@transaction.atomic
def request_waiver(
    *, workload: Workload, by: User, at: dt.datetime, finding: str, reason: str, conditions: str, ends_on: dt.date
) -> Waiver:
    """Ask the executive sponsor to waive a blocking finding until a day. Raises Invalid, WrongState (one is asked for or
    in force already)."""
    by.require(Permission.PROPOSE, on=workload)
    today = organisation_today(at)
    found = _found(workload, finding, by, today)
    reason, conditions = reason.strip(), conditions.strip()
    problems = waiver_problems(reason=reason, conditions=conditions, ends_on=ends_on, today=today)
    if problems:
        raise Invalid("Some values need another look.", problems)
    waiver = Waiver(
        workload=workload,
        finding=found.key,
        title=shortened(found.title, TITLE_MAX),
        detail=found.detail,
        figures=dict(found.figures),
        reason=reason,
        conditions=conditions,
        ends_on=ends_on,
        requested_at=at,
        requested_by=by,
    )
    try:
        with transaction.atomic():
            waiver.save()
    except IntegrityError as error:
        if constraint_of(error) != "waiver_one_per_finding_and_state":
            raise
        raise WrongState(ALREADY) from None
    _need_a_new_one(waiver, found)
    after = {"finding": waiver.title, "ends_on": ends_on, "reason": reason, "conditions": conditions}
    record(Kind.WAIVER_REQUESTED, waiver, by=by, at=at, after=after)
    _ask(waiver, by=by, at=at)
    return waiver


def _need_a_new_one(waiver: Waiver, found: Finding) -> None:
    """One that holds is enough unless what it is about has outgrown it. Asked after the insert: whoever grants one at this
    moment has finished by then."""
    held = Waiver.objects.filter(workload=waiver.workload, finding=waiver.finding, state=Waiver.State.GRANTED)
    if any(
        one.holds(organisation_today(waiver.requested_at)) for one in name_outgrown(held, [found]) if not one.outgrown
    ):
        raise WrongState(ALREADY)


def _found(workload: Workload, key: str, viewer: User, today: dt.date) -> Finding:
    """The finding as it stands now. Raises Invalid when nothing of this key blocks."""
    known = of_workload(workload, today=today, viewer=viewer)
    finding = next((one.finding for one in known if one.finding.key == key), None)
    if finding is None:
        text = "This is not found any more, so there is nothing to waive."
        raise Invalid(text, {"finding": text})
    if not finding.is_blocking:
        text = "This is a warning. It stands in nobody's way and needs no waiver."
        raise Invalid(text, {"finding": text})
    if not finding.waivable:
        text = f"This cannot be waived. {finding.detail}"
        raise Invalid(text, {"finding": text})
    return finding


def waiver_problems(*, reason: str, conditions: str, ends_on: dt.date, today: dt.date) -> dict[str, str]:
    """What does not fit, by field."""
    problems = {}
    if not reason:
        problems["reason"] = "Write why it cannot be mended first. The sponsor reads this."
    if not conditions:
        problems["conditions"] = "Write what is done meanwhile, and what ends the waiver early."
    if ends_on <= today:
        problems["ends_on"] = "Choose a day in the future."
    elif ends_on > today + LONGEST:
        problems["ends_on"] = f"A waiver lasts a year at most: choose {date_words(today + LONGEST)} or earlier."
    return problems


def _ask(waiver: Waiver, *, by: User, at: dt.datetime) -> None:
    """Freeze it and ask whoever acts as executive sponsor; she who asks is never the only one who signs."""
    waiver.request = signoffs.request_signatures(
        subject_type=WAIVER,
        subject_id=waiver.pk,
        workload_id=waiver.workload_id,
        thread=waiver.trail_thread,
        document=waiver_document(waiver),
        slots=[(Role.objects.get(pk=EXECUTIVE_SPONSOR), MEANING)],
        previous=None,
        due_on=min(organisation_today(at) + SIGN_WITHIN, waiver.ends_on),
        by=by,
        at=at,
        proposed_by=waiver.requested_by,
        proposer_may_sign=False,
    )
    waiver.save(update_fields=["request"])
    telling.requested(waiver, waiver.request, by=by, at=at)


@transaction.atomic
def withdraw_waiver(*, waiver: Waiver, by: User, at: dt.datetime) -> None:
    """Take a waiver back, signed or not. Raises WrongState, for example when the signature was faster.

    What was signed under one that was in force is looked at again.
    """
    by.require(Permission.PROPOSE, on=waiver.workload)
    was_granted = waiver.state == Waiver.State.GRANTED
    # Requests are locked before anything else (see signoffs.services).
    if waiver.request is not None and waiver.state == Waiver.State.REQUESTED:
        signoffs.withdraw(request=waiver.request, by=by, at=at)
    change_state(waiver, "withdraw", by=by, at=at, closed_at=at, closed_by=by)
    if was_granted:
        make_review_due(workload=waiver.workload, why=_gone(waiver, "was withdrawn"), by=by, at=at)
    telling.withdrawn(waiver, by=by, at=at)


def lapse_waivers(*, at: dt.datetime) -> int:
    """Let the waivers whose last day is over lapse; returns how many. Any number of sweeps may run at once."""
    over = Waiver.objects.filter(state=Waiver.State.GRANTED, ends_on__lt=organisation_today(at))
    return sum(_lapse(waiver, at) for waiver in over.select_related("workload", "requested_by").order_by("pk"))


@transaction.atomic
def _lapse(waiver: Waiver, at: dt.datetime) -> bool:
    try:
        change_state(waiver, "lapse", by=PORTAL, at=at, after={"ends_on": waiver.ends_on}, closed_at=at)
    except WrongState:  # another sweep was faster, or somebody withdrew it
        return False
    make_review_due(workload=waiver.workload, why=_gone(waiver, "has lapsed"), by=PORTAL, at=at)
    telling.lapsed(waiver, by=PORTAL, at=at)
    return True


def _gone(waiver: Waiver, how: str) -> str:
    return f"The waiver of “{shortened(waiver.title, 200)}” {how}."
