"""Who stands in for somebody who left (people/stand_ins.py), asked of what belongs to a workload."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from people.models import RoleAssignment, User
from people.permissions import BUSINESS_STAKEHOLDER
from people.stand_ins import stands_in
from workloads.models import Classification, Workload


def left_to(user: User, *, on: dt.date, person: str, workload: str = "workload") -> Q:
    """A condition on rows with a path to who has each and to its workload: she left, and this person stands in."""
    # The team by its own question: a join would read the whole register before anything else is looked at.
    team = Workload.objects.filter(pk=OuterRef(OuterRef(workload))).order_by().values("owner_team")
    return stands_in(user, on=on, person=person, workload=workload, team=Subquery(team[:1]))


def left_reviews(user: User, side: str, *, on: dt.date) -> QuerySet[RoleAssignment]:
    """Assignments of business stakeholders who left, as `side` says "person" or "deputy", where nobody acts in that role, and
    this person stands in. Asked side by side: each is then found by whom it names."""
    held = RoleAssignment.objects.in_force(on).filter(role=BUSINESS_STAKEHOLDER, workload_id__isnull=False).order_by()
    acts = held.filter(Q(person__is_active=True) | Q(deputy__is_active=True), workload_id=OuterRef("workload_id"))
    return held.filter(left_to(user, on=on, person=side, workload="workload_id")).exclude(Exists(acts))


def unsent_of_gone(user: User, *, on: dt.date) -> QuerySet[Classification]:
    """Proposals that nobody has sent, by somebody who left, and this person stands in."""
    drafts = Classification.objects.filter(state=Classification.State.PROPOSED)
    return drafts.filter(left_to(user, on=on, person="proposed_by")).order_by()
