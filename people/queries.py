"""Who holds what."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from people.models import Role, RoleAssignment, User


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
    """Organisation-wide roles that nobody holds, or that only a deputy holds, with what is missing."""
    held = list(RoleAssignment.objects.in_force(on).filter(workload_id__isnull=True))
    found = []
    for role in Role.objects.all():
        mine = [a for a in held if a.role_id == role.pk]
        if not mine:
            found.append((role, "vacant"))
        elif not any(a.person_id for a in mine):
            found.append((role, "deputy acting"))
        elif not any(a.deputy_id for a in mine):
            found.append((role, "no deputy"))
    return found
