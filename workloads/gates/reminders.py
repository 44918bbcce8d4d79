"""Telling people that a waiver is about to end: each step once, none skipped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from communications.purposes import Purpose
from communications.services import Reminder, remind_many
from people.models import User, organisation_today
from people.permissions import EXECUTIVE_SPONSOR, WORKLOAD_OWNER
from people.stand_ins import Having, stand_ins
from people.wording import date_words, due_words, in_place_of
from workloads.gates.ending import BEFORE, step_due
from workloads.models import Waiver
from workloads.reminders import EARLIEST_ZONE, Holders


def remind_of_waivers(*, at: dt.datetime) -> int:
    """Write the reminders whose day has come where their reader is; returns how many. Any number of sweeps may run at once."""
    latest = (at.astimezone(dt.UTC) + EARLIEST_ZONE).date() + dt.timedelta(days=max(BEFORE))
    ending = Waiver.objects.filter(
        state=Waiver.State.GRANTED, ends_on__gte=organisation_today(at), ends_on__lte=latest
    ).select_related("workload", "requested_by")
    return remind_many(_reminders(list(ending.order_by("ends_on", "pk")), at), at=at)


def _reminders(waivers: list[Waiver], at: dt.datetime) -> Iterator[Reminder]:
    """To who asked, or who stands in when she left, to who answers for the workload, to who granted waivers; deputies where
    nobody holds the role."""
    roles = (WORKLOAD_OWNER, EXECUTIVE_SPONSOR)
    holders = Holders({waiver.workload_id for waiver in waivers}, organisation_today(at), roles)
    asked = {
        waiver: Having(waiver.requested_by_id, waiver.workload_id, waiver.workload.owner_team_id) for waiver in waivers
    }
    askers = stand_ins(asked.values(), on=organisation_today(at))
    for waiver in waivers:
        instead = [] if waiver.requested_by.is_active else askers[asked[waiver]]
        held = (person for role in roles for person in holders.either(role, waiver.workload_id))
        for person in {person.pk: person for person in (*askers[asked[waiver]], *held)}.values():
            reminder = _reminder(waiver, person, at, stands_in=person in instead)
            if reminder is not None:
                yield reminder


def _reminder(waiver: Waiver, person: User, at: dt.datetime, *, stands_in: bool) -> Reminder | None:
    today = at.astimezone(person.zone).date()
    due = step_due(waiver.ends_on, today)
    if due is None:
        return None
    return Reminder(
        Purpose.WAIVER_ENDING,
        to=person,
        thread=waiver.trail_thread,
        due_on=waiver.ends_on,
        step=_step(waiver, due[0]),
        path=waiver.get_absolute_url(),
        context={
            "workload": waiver.workload.name,
            "finding": waiver.title,
            "ends": date_words(waiver.ends_on),
            "when_words": due_words(waiver.ends_on, today),
            "conditions": waiver.conditions,
            "instead": in_place_of(waiver.requested_by) if stands_in else "",
        },
        covers=tuple(_step(waiver, days) for days in due[1]),
    )


def _step(waiver: Waiver, days: int) -> str:
    """Two waivers of one workload may end on one day; each is announced."""
    return f"{days}-of-{waiver.pk}"
