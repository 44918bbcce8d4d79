"""Who may coordinate a drill and who may run it. Auditors judge drills afterwards, so they coordinate none."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from audit.errors import NotAllowed
from drills.models import Drill
from people.models import RoleAssignment, User, organisation_today
from people.permissions import AUDITOR, Permission
from workloads.models import Workload


def is_auditor(person: User, *, on: dt.date) -> bool:
    """Whether somebody holds the role auditor on this day, as holder or deputy, for the organisation or one workload."""
    return RoleAssignment.objects.in_force(on).of(person).filter(role=AUDITOR).exists()


def why_not_coordinator(person: User, workload: Workload, *, on: dt.date) -> str:
    """Why this person cannot coordinate a drill of the workload, and what to do; empty when she can."""
    if not person.is_active:
        return f"{person} can no longer sign in. Choose somebody else."
    if is_auditor(person, on=on):
        return f"{person} is an auditor, and auditors coordinate no drill. Choose somebody else."
    if not person.may(Permission.RUN_DRILLS, on=workload):
        return f"{person} may not run drills of {workload.name}. Choose somebody of its team or with that right."
    return ""


def why_not_successor(person: User, workload: Workload, *, on: dt.date) -> str:
    """As `why_not_coordinator`, for a drill that passes to her: a role that she holds from a later day on counts too."""
    problem = why_not_coordinator(person, workload, on=on)
    if not problem or is_auditor(person, on=on):
        return problem
    coming = RoleAssignment.objects.of(person).filter(Q(until_on__isnull=True) | Q(until_on__gte=on), from_on__gt=on)
    of_workload = coming.filter(Q(workload_id=workload.pk) | Q(workload_id__isnull=True))
    runs = of_workload.filter(role__rights__contains=[Permission.RUN_DRILLS.value])
    return "" if person.is_active and runs.exists() else problem


def require_run(drill: Drill, by: User, *, at: dt.datetime) -> None:
    """Its coordinator runs a drill, unless she has become an auditor, and so does whoever has the right. Raises NotAllowed."""
    if by.pk != drill.coordinator_id or not by.is_active:
        by.require(Permission.RUN_DRILLS, on=drill.workload)
    elif is_auditor(by, on=organisation_today(at)):
        raise NotAllowed(
            "You are an auditor now, and auditors coordinate no drill. Let the drill be given to somebody else."
        )


def may_run(drill: Drill, user: User, *, at: dt.datetime) -> bool:
    """The same as a question, for pages."""
    try:
        require_run(drill, user, at=at)
    except NotAllowed:
        return False
    return True


def coordinators(suggested: QuerySet[User], workload: Workload, *, on: dt.date) -> QuerySet[User]:
    """Of these people the ones that a form offers as coordinator: the team and who holds a right to run drills, no auditors."""
    held = RoleAssignment.objects.in_force(on)
    running = held.filter(
        Q(workload_id=workload.pk) | Q(workload_id__isnull=True), role__rights__contains=[Permission.RUN_DRILLS.value]
    )
    audits = held.filter(role=AUDITOR)
    auditors = audits.exclude(person=None).values("person").union(audits.exclude(deputy=None).values("deputy"))
    may = Q(teams=workload.owner_team_id) | Q(pk__in=running.values("person")) | Q(pk__in=running.values("deputy"))
    return suggested.filter(may).exclude(pk__in=auditors)
