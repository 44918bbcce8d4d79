"""What a workload does and how it can fail, for pages and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from people.models import User
from people.permissions import Permission
from workloads.dependencies.queries import name_needs
from workloads.flows.priority import Priority, priority
from workloads.models import Component, Dependency, FailureMode, Strength, UserFlow, Workload


def components_for(user: User) -> QuerySet[Component]:
    """Components of the workloads this person may see."""
    return Component.objects.filter(_seen(user))


def flows_for(user: User) -> QuerySet[UserFlow]:
    """User flows of the workloads this person may see."""
    return UserFlow.objects.filter(_seen(user))


def failure_modes_for(user: User) -> QuerySet[FailureMode]:
    """Failure modes of the workloads this person may see."""
    return FailureMode.objects.filter(_seen(user))


def _seen(user: User) -> Q:
    if user.may(Permission.VIEW_WORKLOADS):
        return Q()
    return Q(workload__in=Workload.objects.visible_to(user))


def flows_of(workload: Workload, user: User) -> list[UserFlow]:
    """Its flows, critical ones first, with the parts and needs they use, in names that this person may see."""
    uses = ("components", "dependencies__needs", "dependencies__third_party", "failure_modes")
    found = list(workload.flows.prefetch_related(*uses))
    name_needs((need for flow in found for need in flow.dependencies.all()), user)
    return found


def components_of(workload: Workload, user: User) -> QuerySet[Component]:
    counts = {"in_flows": Count("flows", distinct=True), "in_modes": Count("failure_modes", distinct=True)}
    return with_own_seen(workload.components.select_related("own"), user).annotate(**counts).order_by("name", "id")


def with_own_seen(rows: QuerySet[Component], user: User) -> QuerySet[Component]:
    """`own_seen` is the number of the workload that a component became, null when it is not this person's to see."""
    if user.may(Permission.VIEW_WORKLOADS):
        return rows.annotate(own_seen=F("own_id"))
    seen = Workload.objects.visible_to(user).filter(pk=OuterRef("own_id"))
    return rows.annotate(own_seen=Subquery(seen.values("pk")[:1]))


@dataclass(frozen=True)
class Ranked:
    mode: FailureMode
    priority: Priority


def priority_of(mode: FailureMode) -> Priority:
    return priority(severity=mode.severity, likelihood=mode.likelihood, noticed=mode.noticed)


_RANK = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


def failure_modes_of(workload: Workload) -> list[Ranked]:
    """Its failure modes, the most pressing first."""
    modes = workload.failure_modes.select_related("component").prefetch_related("flows")
    found = [Ranked(mode, priority_of(mode)) for mode in modes]
    return sorted(found, key=lambda ranked: _RANK[ranked.priority])


@dataclass(frozen=True)
class Counted:
    """How much is written down about a workload."""

    flows: int
    critical: int
    components: int
    failure_modes: int
    needs: int
    hard: int
    needed_by: int


def counted(workload: Workload) -> Counted:
    """One query; each number from its own index."""
    mine = {"workload": workload}
    hard = Dependency.objects.filter(**mine, strength=Strength.HARD)
    rows: dict[str, QuerySet[Any]] = {
        "flows": UserFlow.objects.filter(**mine),
        "critical": UserFlow.objects.filter(**mine, is_critical=True),
        "components": Component.objects.filter(**mine),
        "failure_modes": FailureMode.objects.filter(**mine),
        "needs": Dependency.objects.filter(**mine),
        "hard": hard,
        "needed_by": Dependency.objects.filter(needs=workload),
    }
    counting = [_how_many(things) for things in rows.values()]
    numbers: Any = Workload.objects.filter(pk=workload.pk).values_list(*counting).get()
    return Counted(**{name: number or 0 for name, number in zip(rows, numbers, strict=True)})


def _how_many(rows: QuerySet[Any]) -> Subquery:
    return Subquery(rows.order_by().values(one=Value(1)).annotate(n=Count("*")).values("n"), IntegerField())
