"""Whose signature is waited for."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from people.models import RoleAssignment, User
from signoffs.models import Request, Slot


def slots_waiting_for(user: User, *, on: dt.date) -> QuerySet[Slot]:
    """Open slots this person may fill today: through a role for that workload, or for the organisation where none is."""
    in_force = RoleAssignment.objects.in_force(on)
    same_role = in_force.filter(role=OuterRef("role"))
    for_workload = same_role.filter(workload_id=OuterRef("request__workload_id"))
    me = Q(person=user) | Q(deputy=user)
    # Starting from the few roles this person holds keeps the plan small among tens of thousands of open slots.
    my_roles = in_force.of(user).values("role")
    return (
        Slot.objects.filter(request__state=Request.State.OPEN, signature__isnull=True, role__in=my_roles)
        .filter(
            Exists(for_workload.filter(me))
            | (Exists(same_role.filter(me, workload_id__isnull=True)) & ~Exists(for_workload))
        )
        .select_related("request__requested_by", "role")
        .order_by("request__due_on", "request_id", "position")
    )
