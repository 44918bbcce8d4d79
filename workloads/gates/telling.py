"""Who hears about a waiver, and what."""

from __future__ import annotations

import datetime as dt

from audit.services import Actor
from communications.purposes import Purpose
from communications.services import compose
from people.models import User, organisation_today
from people.permissions import EXECUTIVE_SPONSOR, WORKLOAD_OWNER
from people.queries import people_in_role
from people.wording import date_words
from signoffs.models import Request
from workloads.models import Waiver


def requested(waiver: Waiver, request: Request, *, by: User, at: dt.datetime) -> None:
    """Everybody who may sign it."""
    compose(
        Purpose.WAIVER_REQUESTED,
        to=[person for person in _in_role(EXECUTIVE_SPONSOR, waiver, at) if person.pk != by.pk],
        thread=waiver.trail_thread,
        path=f"/signoffs/{request.pk}/sign/",
        context=_said(waiver) | {"who": by.name, "reason": waiver.reason, "conditions": waiver.conditions},
        by=by,
        at=at,
    )


def granted(waiver: Waiver, *, by: User, at: dt.datetime) -> None:
    compose(
        Purpose.WAIVER_GRANTED,
        to=_team(waiver, by, at),
        thread=waiver.trail_thread,
        path=waiver.get_absolute_url(),
        context=_said(waiver) | {"who": by.name, "conditions": waiver.conditions},
        by=by,
        at=at,
    )


def rejected(waiver: Waiver, *, by: User, at: dt.datetime, reason: str) -> None:
    compose(
        Purpose.WAIVER_REJECTED,
        to=_team(waiver, by, at),
        thread=waiver.trail_thread,
        path=waiver.get_absolute_url(),
        context={"workload": waiver.workload.name, "finding": waiver.title, "who": by.name, "reason": reason},
        by=by,
        at=at,
    )


def withdrawn(waiver: Waiver, *, by: User, at: dt.datetime, why: str = "") -> None:
    compose(
        Purpose.WAIVER_WITHDRAWN,
        to=_everybody(waiver, by, at),
        thread=waiver.trail_thread,
        path=waiver.get_absolute_url(),
        context={
            "workload": waiver.workload.name,
            "finding": waiver.title,
            "why": f"because {why}" if why else f"by {by.name}",
        },
        by=by,
        at=at,
    )


def lapsed(waiver: Waiver, *, by: Actor, at: dt.datetime) -> None:
    compose(
        Purpose.WAIVER_LAPSED,
        to=_everybody(waiver, by, at),
        thread=waiver.trail_thread,
        path=waiver.get_absolute_url(),
        context=_said(waiver),
        by=by,
        at=at,
    )


def _said(waiver: Waiver) -> dict[str, str]:
    return {"workload": waiver.workload.name, "finding": waiver.title, "ends": date_words(waiver.ends_on)}


def _in_role(role: str, waiver: Waiver, at: dt.datetime) -> list[User]:
    return people_in_role(role, workload_id=waiver.workload_id, on=organisation_today(at))


def _team(waiver: Waiver, by: Actor, at: dt.datetime) -> list[User]:
    """Who asked, and who answers for the workload; not who did it."""
    people = {person.pk: person for person in [waiver.requested_by, *_in_role(WORKLOAD_OWNER, waiver, at)]}
    return [person for person in people.values() if person.pk != by.pk]


def _everybody(waiver: Waiver, by: Actor, at: dt.datetime) -> list[User]:
    people = {person.pk: person for person in [*_team(waiver, by, at), *_in_role(EXECUTIVE_SPONSOR, waiver, at)]}
    return [person for person in people.values() if person.pk != by.pk]
