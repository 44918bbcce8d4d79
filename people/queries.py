"""Who holds what."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Value
from django.utils import timezone

from people.models import IN_EFFECT, Role, RoleAssignment, Team, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, Permission


@dataclass(frozen=True)
class Holding:
    """A role as held on a day."""

    role: Role
    person: User | None
    deputy: User | None
    unconfirmed: frozenset[int] = frozenset()  # numbers of those whom no second person has confirmed yet

    @property
    def people(self) -> tuple[User, ...]:
        return tuple(p for p in (self.person, self.deputy) if p is not None and p.is_active)


def holdings(role: str, *, workload_id: int | None, on: dt.date) -> list[Holding]:
    """Who holds the role for this workload: its own assignments, else those for the whole organisation."""
    found = (
        RoleAssignment.objects.in_force(on)
        .filter(Q(workload_id=workload_id) | Q(workload_id__isnull=True), role=role)
        .select_related("role", "person", "deputy", "confirmation")
        .order_by("id")
    )
    own = [a for a in found if a.workload_id is not None]
    return [Holding(a.role, a.person, a.deputy, a.unconfirmed_people) for a in (own or found)]


def holdings_of(
    roles: Collection[str], *, workload_ids: Collection[int | None], on: dt.date
) -> dict[tuple[str, int | None], list[Holding]]:
    """`holdings` of each of these roles for each of these workloads, in one query."""
    found = (
        RoleAssignment.objects.in_force(on)
        .filter(Q(workload_id__in=[pk for pk in workload_ids if pk is not None]) | Q(workload_id__isnull=True))
        .filter(role__in=roles)
        .select_related("role", "person", "deputy", "confirmation")
        .order_by("id")
    )
    held: dict[tuple[str, int | None], list[Holding]] = defaultdict(list)
    for a in found:
        held[a.role_id, a.workload_id].append(Holding(a.role, a.person, a.deputy, a.unconfirmed_people))
    return {(role, pk): held.get((role, pk)) or held.get((role, None), []) for role in roles for pk in workload_ids}


def holders_of(roles: Collection[str]) -> set[int]:
    """Numbers of all who hold or will hold these roles, for whatever workload, or wait to."""
    pairs = (
        RoleAssignment.objects.given().filter(role__in=roles).exclude(until_on__lt=organisation_today(timezone.now()))
    )
    return {pk for pair in pairs.order_by().values_list("person", "deputy") for pk in pair if pk is not None}


def acting(held: Iterable[Holding]) -> list[User]:
    """Everybody who may act in these holdings of one role, holders before deputies, each once."""
    held = list(held)
    order = [h.person for h in held] + [h.deputy for h in held]
    return list({p.pk: p for p in order if p is not None and p.is_active}.values())


def is_unconfirmed(held: Iterable[Holding], person: User) -> bool:
    """Whether this person acts in these holdings of a role, and nowhere in them confirmed."""
    hers = [one for one in held if person.pk in [p.pk for p in one.people]]
    return bool(hers) and all(person.pk in one.unconfirmed for one in hers)


def people_in_role(role: str, *, workload_id: int | None, on: dt.date) -> list[User]:
    """Everybody who may act in the role, holders before deputies, each once."""
    return acting(holdings(role, workload_id=workload_id, on=on))


def acts_in_role(user: User, role: str, *, workload_id: int | None, on: dt.date) -> bool:
    return any(user.pk == person.pk for person in people_in_role(role, workload_id=workload_id, on=on))


def vacancies(*, on: dt.date) -> list[tuple[Role, str]]:
    """Organisation-wide roles that nobody holds, that only a deputy holds, or that have no deputy, with what is missing."""
    return [(post.role, post.missing) for post in _posts(on, {}) if post.missing]


def roles_with_holders(*, on: dt.date) -> QuerySet[Role]:
    """The roles somebody has to hold for the organisation, each with `holds` and `deputises`: whether anybody who can sign
    in does. For pages that have no question to spare; `missing` puts them into words."""
    wide = RoleAssignment.objects.in_force(on).filter(role=OuterRef("pk"), workload_id__isnull=True).order_by()
    return Role.objects.annotate(
        holds=Exists(wide.filter(person__is_active=True)), deputises=Exists(wide.filter(deputy__is_active=True))
    ).filter(~Q(pk__in=HELD_PER_WORKLOAD) | Exists(wide))


def missing(*, holds: bool, deputises: bool) -> str:
    """What a role lacks, in words; empty when somebody holds it and somebody else is the deputy."""
    if holds:
        return "" if deputises else "no deputy"
    return "deputy acting" if deputises else "vacant"


def nobody_acts(role: str, *, on: dt.date) -> Q:
    """The workloads for which nobody acts in this role: neither through an assignment of their own nor, where they have
    none, through one for the whole organisation."""
    held = RoleAssignment.objects.in_force(on).filter(role=role).order_by()
    can = User.objects.filter(is_active=True).values("pk")
    acting = held.filter(Q(person__in=can) | Q(deputy__in=can))
    own = {"workload_id": OuterRef("pk")}
    # In this order: the first answer is the same for all workloads, and mostly enough.
    nor_for_all = ~Q(Exists(acting.filter(workload_id__isnull=True))) | Q(Exists(held.filter(**own)))
    return ~Q(Exists(acting.filter(**own))) & nor_for_all


# These are held workload by workload; nobody has to hold them for the whole organisation.
HELD_PER_WORKLOAD = frozenset({WORKLOAD_OWNER, BUSINESS_STAKEHOLDER})


@dataclass(frozen=True)
class Post:
    """A role of the whole organisation with its assignments: in force on a day, and still to come."""

    role: Role
    present: list[RoleAssignment]
    coming: list[RoleAssignment]
    workloads: int

    @property
    def per_workload(self) -> bool:
        return self.role.pk in HELD_PER_WORKLOAD

    @property
    def missing(self) -> str:
        if self.per_workload and not self.present:
            return ""
        present = [a for a in self.present if a.standing in IN_EFFECT]
        holds = any(a.person is not None and a.person.is_active for a in present)
        deputises = any(a.deputy is not None and a.deputy.is_active for a in present)
        return missing(holds=holds, deputises=deputises)

    @property
    def rights(self) -> list[str]:
        return [str(right.label) for right in Permission if right.value in self.role.rights]


def posts(*, on: dt.date) -> list[Post]:
    """Every role with who holds it for the organisation, now and later; three queries."""
    counts = (
        RoleAssignment.objects.in_force(on)
        .filter(workload_id__isnull=False)
        .order_by()
        .values_list("role")
        .annotate(Count("workload_id", distinct=True))
    )
    return _posts(on, dict(counts))


def _posts(on: dt.date, workloads: Mapping[str, int]) -> list[Post]:
    wide = RoleAssignment.objects.given().filter(workload_id__isnull=True).exclude(until_on__lt=on)
    held = list(wide.select_related("role", "person", "deputy").order_by("from_on", "id"))
    return [
        Post(
            role,
            [a for a in held if a.role_id == role.pk and a.from_on <= on],
            [a for a in held if a.role_id == role.pk and a.from_on > on],
            workloads.get(role.pk, 0),
        )
        for role in Role.objects.all()
    ]


def role_words(people: Iterable[User], *, on: dt.date) -> dict[int, list[str]]:
    """The roles each holds on a day, by her number: for the organisation by name, for workloads counted. One query.

    Counted in the database: one person may hold a role for thousands of workloads.
    """
    pks = [person.pk for person in people]
    held, deputised = (
        RoleAssignment.objects.in_force(on)
        .filter(**{f"{side}__in": pks})
        .annotate(who=F(side), mark=Value(mark), wide=Q(workload_id__isnull=True))
        .order_by()
        .values_list("who", "role__position", "role__name", "mark", "wide")
        .annotate(workloads=Count("workload_id", distinct=True))
        for side, mark in (("person", ""), ("deputy", " (deputy)"))
    )
    found: dict[int, list[str]] = {pk: [] for pk in pks}
    # What is held for the organisation comes first, holders before deputies.
    rows = sorted(held.union(deputised, all=True), key=lambda row: (not row[4], row[3], row[1]))
    for who, _, name, mark, wide, count in rows:
        of = "" if wide else f" of {count} workload{'' if count == 1 else 's'}"
        found[who].append(f"{name}{mark}{of}")
    return found


def teams_seen_by(user: User) -> QuerySet[Team]:
    """Every team for who may see people; otherwise one's own."""
    if user.may(Permission.VIEW_PEOPLE):
        return Team.objects.all()
    return Team.objects.filter(pk__in=user.teams.order_by().values("pk"))


def with_teams_seen(people: QuerySet[User], user: User) -> QuerySet[User]:
    """Each with those of her teams that the reader may see: the names of others are not hers to read."""
    return people.prefetch_related(Prefetch("teams", teams_seen_by(user)))


def may_reach(user: User, person: User) -> bool:
    """Whether this person may see how to reach the other; of role holders elsewhere only the names are shown."""
    if user.pk == person.pk or user.may(Permission.VIEW_PEOPLE):
        return True
    return person.teams.filter(members=user).exists()
