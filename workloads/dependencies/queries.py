"""What a workload needs and who needs it, as one person may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from people.models import User
from people.permissions import Permission
from workloads.chain.queries import names_for
from workloads.models import Classification, Dependency, ThirdParty, Workload
from workloads.naming import called, may_name, unnamed
from workloads.queries import waived_until


def dependencies_for(user: User) -> QuerySet[Dependency]:
    """Dependencies of the workloads this person may see."""
    if user.may(Permission.VIEW_WORKLOADS):
        return Dependency.objects.all()
    return Dependency.objects.filter(workload__in=Workload.objects.visible_to(user))


def with_needs_seen(rows: QuerySet[Dependency], user: User) -> QuerySet[Dependency]:
    """`needs_seen` is the number of the workload that is needed, null when it is not this person's to see."""
    if user.may(Permission.VIEW_WORKLOADS):
        return rows.annotate(needs_seen=F("needs_id"))
    seen = Workload.objects.visible_to(user).filter(pk=OuterRef("needs_id"))
    return rows.annotate(needs_seen=Subquery(seen.values("pk")[:1]))


def third_parties_for(user: User) -> QuerySet[ThirdParty]:
    """The register of third parties: for everybody who may see any workload."""
    if user.may(Permission.VIEW_WORKLOADS) or Workload.objects.visible_to(user).exists():
        return ThirdParty.objects.all()
    return ThirdParty.objects.none()


@dataclass(frozen=True)
class Target:
    """What a workload promises: signed, else proposed."""

    rto_seconds: int
    rpo_seconds: int
    signed: bool
    waived_until: dt.date | None


@dataclass(frozen=True)
class Need:
    """One dependency as a row; `other`: None for a third party."""

    dependency: Dependency
    other: Workload | None
    seen: bool
    name: str
    target: Target | None = None


def needs_of(workload: Workload, user: User, *, on: dt.date) -> list[Need]:
    """What it needs, hard ones first, then by name; waivers as they hold on a day."""
    rows = workload.dependencies.select_related("needs", "third_party__contact")
    return _told(((row, row.needs) for row in rows), user, on)


def dependents_of(workload: Workload, user: User, *, on: dt.date) -> list[Need]:
    """Who needs it, in the same way."""
    return _told(((row, row.workload) for row in workload.dependents.select_related("workload")), user, on)


def _told(rows: Iterable[tuple[Dependency, Workload | None]], user: User, on: dt.date) -> list[Need]:
    found = list(rows)
    others = {other.pk for _, other in found if other is not None}
    seen = names_for(user, others)
    targets = _targets(others if seen is None else seen, on)
    told = [_need(row, other, seen, targets) for row, other in found]
    return sorted(told, key=lambda need: (need.dependency.strength, need.name.casefold()))


def _need(row: Dependency, other: Workload | None, seen: Collection[int] | None, targets: dict[int, Target]) -> Need:
    if other is None:
        return Need(row, None, True, str(row.third_party))
    return Need(row, other, may_name(other.pk, seen), called(other.name, other.pk, seen), targets.get(other.pk))


def name_needs(rows: Iterable[Dependency], user: User) -> list[Dependency]:
    """Give each dependency `said`, what is needed in words for this person; one question at most."""
    found = list(rows)
    seen = names_for(user, {row.needs_id for row in found if row.needs_id is not None})
    for row in found:
        row.said = called(row.needs.name, row.needs.pk, seen) if row.needs is not None else str(row.third_party)
    return found


def _targets(workloads: Collection[int], on: dt.date) -> dict[int, Target]:
    """By workload the target in force, else the open one."""
    present = Classification.objects.filter(
        workload__in=workloads, state__in=[Classification.State.SIGNED_OFF, *Classification.OPEN]
    ).annotate(until=waived_until(on, "workload"))
    rows = present.values_list("workload_id", "rto_seconds", "rpo_seconds", "state", "until")
    signed = Classification.State.SIGNED_OFF
    found = {pk: Target(rto, rpo, False, until) for pk, rto, rpo, _, until in rows}
    return found | {pk: Target(rto, rpo, True, until) for pk, rto, rpo, state, until in rows if state == signed}


CHOICES = 12


@dataclass(frozen=True)
class Choices:
    """What a workload could still be said to need."""

    workloads: list[Workload]
    third_parties: list[ThirdParty]
    more: bool


def choices(workload: Workload, user: User, words: str) -> Choices:
    """Workloads and third parties whose name fits; without words shared services, and what most others need."""
    taken, loads = workload.dependencies.all(), Workload.objects.visible_to(user).active()
    loads = loads.exclude(pk=workload.pk).exclude(pk__in=taken.filter(needs__isnull=False).values("needs"))
    parties = third_parties_for(user).exclude(pk__in=taken.filter(third_party__isnull=False).values("third_party"))
    if words:
        fitting = Q(name__says=words) | Q(reference__iexact=words)
        parties = parties.filter(Q(name__says=words) | Q(vendor__says=words))
    else:
        fitting = _most_needed()
    found = list(loads.filter(fitting).order_by("tier_now", "name", "id")[: CHOICES + 1])
    others = list(parties[: CHOICES + 1])
    return Choices(found[:CHOICES], others[:CHOICES], more=len(found) > CHOICES or len(others) > CHOICES)


def _most_needed() -> Q:
    """What most others need; where nothing is written down yet, everything."""
    counted = Dependency.objects.filter(needs__isnull=False).values("needs").annotate(n=Count("*")).order_by("-n")
    most = [row["needs"] for row in counted[:CHOICES]]
    return Q(pk__in=most) | Q(is_shared=True) if most else Q()


NAMED = 8


def name_who_needs(parties: Iterable[ThirdParty], user: User) -> None:
    """Give each third party `seen`, some dependencies on it that this person may see, and `more`, how many others there are."""
    by_party: dict[int, list[Dependency]] = {party.pk: [] for party in parties}
    of_one: dict[str, Any] = {"partition_by": "third_party"}
    first = Window(RowNumber(), order_by=["workload__tier_now", "workload__name", "workload"], **of_one)
    rows = dependencies_for(user).filter(third_party__in=by_party).select_related("workload")
    for row in (
        rows.annotate(place=first, total=Window(Count("pk"), **of_one)).filter(place__lte=NAMED).order_by("place")
    ):
        by_party[row.third_party_id or 0].append(row)
    for party in parties:
        seen: list[Any] = by_party[party.pk]
        party.seen, party.more = seen, seen[0].total - len(seen) if seen else 0  # type: ignore[attr-defined]


def who_needs(party: ThirdParty, user: User) -> tuple[list[Dependency], str]:
    """The dependencies on it of workloads that this person may see, and in words how many others there are."""
    total = party.dependents.count()
    seen = dependencies_for(user).filter(third_party=party).select_related("workload")
    found = list(seen.order_by("strength", "workload__tier_now", "workload__name", "workload"))
    return found, unnamed(total - len(found))


def needed_by(party: ThirdParty, user: User) -> str:
    """The workloads that need it, in words for this person; "" where none does."""
    found, hidden = who_needs(party, user)
    names = [need.workload.name for need in found[:NAMED]]
    if (more := len(found) - NAMED) > 0:
        names.append(f"{more} more")
    if hidden:
        names.append(hidden)
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
