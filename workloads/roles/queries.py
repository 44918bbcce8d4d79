"""Every role assignment with its gaps, and the workloads for which nobody holds a role."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from people.models import GIVEN, Role, RoleAssignment, Standing, User
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, Permission
from workloads.models import Workload

ENDS_SOON = dt.timedelta(days=30)
# Roles that every workload needs somebody for.
NEEDED = (BUSINESS_STAKEHOLDER, WORKLOAD_OWNER)
# The gaps of an assignment, as tabs name them.
GAPS = {
    "vacant": "Nobody holds it",
    "no-deputy": "No deputy",
    "ending": "Ends in 30 days",
    "inactive": "Cannot sign in",
    "unconfirmed": "Not confirmed",
}
MISSING = "missing"
STANDS = {
    Standing.WAITING: ["waits for a second person"], Standing.UNCONFIRMED: ["unconfirmed"],
    Standing.REFUSED: ["not confirmed"], Standing.CANCELLED: ["given by mistake"],
}  # fmt: skip


def assignments(user: User) -> QuerySet[Any]:
    """Every assignment of the organisation and of the workloads this person may see, with the workload's name as `place`."""
    found = RoleAssignment.objects.all()
    if not user.may(Permission.VIEW_WORKLOADS):
        seen = Workload.objects.visible_to(user).order_by().values("pk")
        found = found.filter(Q(workload_id__isnull=True) | Q(workload_id__in=seen))
    named = Workload.objects.filter(pk=OuterRef("workload_id")).order_by()
    return (
        found.select_related("role", "person", "deputy")
        .annotate(place=Subquery(named.values("name")), reference=Subquery(named.values("reference")))
        .order_by("role__position", "place", "from_on", "id")
    )


class Assignments:
    """The same for a paginator: a page is chosen by numbers first, because all rows would be sorted with all that one shows.

    `total` spares the count where it is known.
    """

    ordered = True

    def __init__(self, rows: QuerySet[Any], total: int | None = None) -> None:
        self.rows, self.total = rows, total

    def count(self) -> int:
        return self.rows.count() if self.total is None else self.total

    def __getitem__(self, part: slice) -> QuerySet[Any]:
        return self.rows.filter(pk__in=self.rows.values("pk")[part])


def lasting(rows: QuerySet[Any], on: dt.date) -> QuerySet[Any]:
    """Without those that have ended or came to nothing."""
    return rows.exclude(until_on__lt=on).filter(standing__in=GIVEN)


def with_gap(gap: str, on: dt.date) -> Q:
    """Which assignments have this gap. Raises KeyError for one that does not exist."""
    return {
        "vacant": Q(person__isnull=True),
        "no-deputy": Q(deputy__isnull=True),
        "ending": Q(until_on__gte=on, until_on__lte=on + ENDS_SOON),
        "inactive": Q(person__is_active=False) | Q(deputy__is_active=False),
        "unconfirmed": Q(standing__in=[Standing.WAITING, Standing.UNCONFIRMED]),
    }[gap]


def gaps_of(held: RoleAssignment, on: dt.date) -> list[str]:
    """What is missing in one assignment, in words; the same as `with_gap`, of a row that has been read."""
    said = ["vacant"] if held.person is None else []
    said += ["no deputy"] if held.deputy is None else []
    if held.until_on is not None and on <= held.until_on <= on + ENDS_SOON:
        said.append("ends within 30 days")
    said += STANDS.get(Standing(held.standing), [])
    gone = [who.name for who in (held.person, held.deputy) if who is not None and not who.is_active]
    return said + [f"{name} cannot sign in" for name in gone]


def counts(rows: QuerySet[Any], on: dt.date) -> dict[str, int]:
    """How many assignments last, and how many of them have each gap. One query."""
    found = lasting(rows, on).order_by()
    return found.aggregate(
        all=Count("pk"), **{key.replace("-", "_"): Count("pk", filter=with_gap(key, on)) for key in GAPS}
    )


def narrowed(rows: QuerySet[Any], asked: dict[str, Any], on: dt.date) -> QuerySet[Any]:
    """The assignments that the filters of the page ask for."""
    if not asked.get("ended"):
        rows = lasting(rows, on)
    if asked.get("gap") in GAPS:
        rows = rows.filter(with_gap(asked["gap"], on))
    if asked.get("role"):
        rows = rows.filter(role=asked["role"])
    if asked.get("place") == "organisation":
        rows = rows.filter(workload_id__isnull=True)
    elif asked.get("place") == "workloads":
        rows = rows.filter(workload_id__isnull=False)
    for word in (asked.get("q") or "").split():
        named = Q(person__name__icontains=word) | Q(deputy__name__icontains=word)
        rows = rows.filter(named | Q(place__says=word))
    return rows


class Unheld(NamedTuple):
    """A workload for which nobody holds some roles."""

    workload: Workload
    roles: list[str]


def unheld(user: User, on: dt.date) -> QuerySet[Workload]:
    """Workloads in use for which nobody who can sign in holds a needed role today, neither there nor for all. By name."""
    wide, own = {}, {}
    for role in NEEDED:
        in_force = RoleAssignment.objects.in_force(on).filter(
            Q(person__is_active=True) | Q(deputy__is_active=True), role=role
        )
        wide[role] = Exists(in_force.filter(workload_id__isnull=True))
        own[role] = Exists(in_force.filter(workload_id=OuterRef("pk")))
    lacks = {_flag(role): ~(own[role] | wide[role]) for role in NEEDED}
    found = Workload.objects.visible_to(user).active().annotate(**lacks).select_related("owner_team")
    return found.filter(Q(*((flag, True) for flag in lacks), _connector=Q.OR)).order_by("name", "pk")


def _flag(role: str) -> str:
    return f"lacks_{role.replace('-', '_')}"


def in_words(workloads: Iterable[Workload]) -> Iterator[Unheld]:
    """Which roles nobody holds, by name. One query for the names."""
    names = dict(Role.objects.filter(pk__in=NEEDED).values_list("pk", "name"))
    for workload in workloads:
        yield Unheld(workload, [names[role] for role in NEEDED if role in names and getattr(workload, _flag(role))])
