"""The roles of one workload, given for another to the same people."""

from __future__ import annotations

import datetime as dt

from audit.kinds import Kind
from audit.services import record
from people.confirmations import lock_of, once
from people.models import IN_EFFECT, RoleAssignment, User, organisation_today
from people.telling import teller
from workloads.models import Workload
from workloads.rights import settle_rights


def copy_roles(*, of: Workload, to: Workload, by: User, at: dt.datetime) -> list[RoleAssignment]:
    """Everybody who holds a role for `of`, now or later, holds it for `to` too, from today at the earliest; each is told.

    For deeds that have asked for their right: `to` is a part of `of`, so nobody gets a say in anything new, and nobody has to
    confirm; what still waits for a second person is not copied.
    """
    today, copies = organisation_today(at), []
    lock_of(RoleAssignment.objects.filter(workload_id=of.pk))
    held = (
        RoleAssignment.objects.filter(workload_id=of.pk, standing__in=IN_EFFECT)
        .exclude(until_on__lt=today)
        .order_by("id")
    )
    seen = set()
    for one in held.select_related("role", "person", "deputy"):
        key = (once(one.role_id, to.pk, one.person_id, one.deputy_id), max(one.from_on, today))
        if key in seen:
            continue
        seen.add(key)
        copy = RoleAssignment.objects.create(
            role=one.role, person=one.person, deputy=one.deputy, workload_id=to.pk, from_on=max(one.from_on, today),
            until_on=one.until_on, standing=one.standing, confirmation=one.confirmation,
            given_by=one.given_by, given_at=one.given_at,
        )  # fmt: skip
        after = {"role": one.role.name, "person": one.person, "deputy": one.deputy, "from": copy.from_on}
        record(Kind.ROLE_ASSIGNED, copy, by=by, at=at, after=after | {"until": copy.until_on, "as for": of.name})
        teller().role_assigned(copy, by=by, at=at)
        copies.append(copy)
    settle_rights(at=at, workload_id=to.pk)
    return copies
