"""Who holds what."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from people.models import Role, RoleAssignment, Team, User
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, Permission


@dataclass(frozen=True)
class Holding:
    """A role as held on a day."""

    role: Role
    person: User | None
    deputy: User | None

    @property
    def people(self) -> tuple[User, ...]:
        return tuple(p for p in (self.person, self.deputy) if p is not None and p.is_active)


def holdings(role: str, *, workload_id: int | None, on: dt.date) -> list[Holding]:
    """Who holds the role for this workload: its own assignments, else those for the whole organisation."""
    found = (
        RoleAssignment.objects.in_force(on)
        .filter(Q(workload_id=workload_id) | Q(workload_id__isnull=True), role=role)
        .select_related("role", "person", "deputy")
        .order_by("id")
    )
    own = [a for a in found if a.workload_id is not None]
    return [Holding(a.role, a.person, a.deputy) for a in (own or found)]


def people_in_role(role: str, *, workload_id: int | None, on: dt.date) -> list[User]:
    """Everybody who may act in the role, holders before deputies, each once."""
    held = holdings(role, workload_id=workload_id, on=on)
    order = [h.person for h in held] + [h.deputy for h in held]
    return list({p.pk: p for p in order if p is not None and p.is_active}.values())


def acts_in_role(user: User, role: str, *, workload_id: int | None, on: dt.date) -> bool:
    return any(user.pk == person.pk for person in people_in_role(role, workload_id=workload_id, on=on))


def vacancies(*, on: dt.date) -> list[tuple[Role, str]]:
    """Organisation-wide roles that nobody holds, that only a deputy holds, or that have no deputy, with what is missing."""
    return [(post.role, post.missing) for post in posts(on=on) if post.missing]


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
        """What is missing, in words; empty when somebody holds the role and somebody else is the deputy."""
        if self.per_workload and not self.present:
            return ""
        holds = any(a.person is not None and a.person.is_active for a in self.present)
        deputises = any(a.deputy is not None and a.deputy.is_active for a in self.present)
        if holds:
            return "" if deputises else "no deputy"
        return "deputy acting" if deputises else "vacant"

    @property
    def rights(self) -> list[str]:
        return [str(right.label) for right in Permission if right.value in self.role.rights]


def posts(*, on: dt.date) -> list[Post]:
    """Every role with who holds it for the organisation, now and later; three queries."""
    wide = RoleAssignment.objects.filter(workload_id__isnull=True).exclude(until_on__lt=on)
    held = list(wide.select_related("role", "person", "deputy").order_by("from_on", "id"))
    counts = dict(
        RoleAssignment.objects.in_force(on)
        .filter(workload_id__isnull=False)
        .order_by()
        .values_list("role")
        .annotate(Count("workload_id", distinct=True))
    )
    return [
        Post(
            role,
            [a for a in held if a.role_id == role.pk and a.from_on <= on],
            [a for a in held if a.role_id == role.pk and a.from_on > on],
            counts.get(role.pk, 0),
        )
        for role in Role.objects.all()
    ]


def people_with_roles(found: QuerySet[User], *, on: dt.date) -> QuerySet[User]:
    """People with teams and the roles they hold today at hand: `held_today`, `deputised_today`."""
    today = RoleAssignment.objects.in_force(on).select_related("role")
    return found.prefetch_related(
        "teams",
        Prefetch("held_roles", queryset=today, to_attr="held_today"),
        Prefetch("deputised_roles", queryset=today, to_attr="deputised_today"),
    )


def role_words(person: User) -> list[str]:
    """The roles of somebody from `people_with_roles`, each once: for the organisation by name, for workloads counted."""
    wide: dict[str, None] = {}
    counts: dict[str, int] = {}
    held = [(a, "") for a in getattr(person, "held_today", ())]
    held += [(a, " (deputy)") for a in getattr(person, "deputised_today", ())]
    for assignment, mark in held:
        name = f"{assignment.role.name}{mark}"
        if assignment.workload_id is None:
            wide[name] = None
        else:
            counts[name] = counts.get(name, 0) + 1
    return [*wide, *(f"{name} of {count} workload{'' if count == 1 else 's'}" for name, count in counts.items())]


def teams_seen_by(user: User) -> QuerySet[Team]:
    """Every team for who may see people; otherwise one's own."""
    return Team.objects.all() if user.may(Permission.VIEW_PEOPLE) else user.teams.all()


def may_reach(user: User, person: User) -> bool:
    """Whether this person may see how to reach the other; of role holders elsewhere only the names are shown."""
    if user.pk == person.pk or user.may(Permission.VIEW_PEOPLE):
        return True
    return person.teams.filter(members=user).exists()
