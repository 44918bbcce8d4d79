"""Signers whose role no second person has confirmed yet: nothing critical rests on them."""

from __future__ import annotations

import datetime as dt

from people.models import User
from people.queries import holdings, is_unconfirmed
from signoffs.models import Request
from signoffs.subjects import Notice
from workloads.models import Classification

CRITICAL = 1  # the least critical tier of which no target comes into force on an unconfirmed signer
OPEN = (Classification.State.PROPOSED, Classification.State.IN_REVIEW, Classification.State.SIGNED_OFF)


def unconfirmed_signer(request: Request, user: User, *, tier: int, on: dt.date) -> list[Notice]:
    """What keeps this person from signing something of this tier: every role in which she could is unconfirmed."""
    if tier > CRITICAL:
        return []
    asked = request.slots.filter(signature__isnull=True).values_list("role", flat=True)
    held = [holdings(role, workload_id=request.workload_id, on=on) for role in asked]
    hers = [one for one in held if any(person.pk == user.pk for holding in one for person in holding.people)]
    if not hers or not all(is_unconfirmed(one, user) for one in hers):
        return []
    said = (
        "Nothing of tier 0 or 1 comes into force on a signer whose role was given by one person alone. Ask somebody who may give "
        "roles to confirm yours."
    )
    return [Notice("No second person has confirmed your role yet", said, "bad", blocks=True)]


def most_critical(workload_id: int) -> int:
    """The most critical tier that the workload has, or is proposed for; beyond all tiers where it has none."""
    found = (
        Classification.objects.filter(workload=workload_id, state__in=OPEN)
        .order_by("tier")
        .values_list("tier", flat=True)
    )
    return next(iter(found[:1]), CRITICAL + 1)
