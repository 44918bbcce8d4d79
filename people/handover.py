"""Handing over: everything a person holds passes to a successor in one deed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.errors import Invalid, NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import record, record_many
from people.estates import estates, places
from people.models import RoleAssignment, User, organisation_today
from people.permissions import Permission
from people.services import deactivate_person
from people.telling import teller

DAY = dt.timedelta(days=1)
LATEST = dt.timedelta(days=366)
Line = tuple[RoleAssignment, dict[str, Any], dict[str, Any]]  # for the trail: what, before, after


@dataclass(frozen=True)
class Passing:
    """One assignment and what becomes of it. Without holder and deputy nothing follows it; `remark` says why it is not plain."""

    assignment: RoleAssignment
    place: str
    person: User | None
    deputy: User | None
    from_on: dt.date
    remark: str = ""

    @property
    def was(self) -> str:
        return _pair(self.assignment.person, self.assignment.deputy)

    @property
    def becomes(self) -> str:
        return _pair(self.person, self.deputy) if self.person or self.deputy else "ends"

    @property
    def words(self) -> str:
        return f"{self.assignment.role.name}, {self.place}" + (f" ({self.remark})" if self.remark else "")


def _pair(person: User | None, deputy: User | None) -> str:
    return f"{person.name if person else 'vacant'}, {f'deputy {deputy.name}' if deputy else 'no deputy'}"


def passing(person: User, to: User | None, *, first_day: dt.date) -> list[Passing]:
    """What becomes of each of her assignments from `first_day` on; with nobody chosen yet, what she holds."""
    held = list(_held(person, first_day))
    names = places().names({a.workload_id for a in held if a.workload_id is not None})
    own = _held(to, first_day) if to is not None else RoleAssignment.objects.none()
    theirs = {(a.role_id, a.workload_id): a for a in own if to is not None and a.person_id == to.pk}
    return [_passing(a, names, person, to, theirs.get((a.role_id, a.workload_id)), first_day) for a in held]


def _held(person: User, first_day: dt.date) -> QuerySet[RoleAssignment]:
    """What she holds on that day or later, as holder or deputy."""
    found = RoleAssignment.objects.of(person).filter(Q(until_on__isnull=True) | Q(until_on__gte=first_day))
    return found.select_related("role", "person", "deputy").order_by("role__position", "workload_id", "id")


def _passing(
    held: RoleAssignment,
    names: dict[int, str],
    person: User,
    to: User | None,
    theirs: RoleAssignment | None,
    first_day: dt.date,
) -> Passing:
    place = names.get(held.workload_id or 0, "a workload") if held.workload_id else "the whole organisation"
    begins = max(held.from_on, first_day)
    if to is None:
        return Passing(held, place, held.person, held.deputy, begins)
    new_person = to if held.person_id == person.pk else held.person
    new_deputy = to if held.deputy_id == person.pk else held.deputy
    if new_person is not None and new_person == new_deputy:
        was = "the deputy and holds it now" if held.person_id == person.pk else "the holder already"
        return Passing(held, place, to, None, begins, f"{to.name} was {was}; there is no deputy any more")
    alone = new_deputy is None and new_person == to
    if alone and theirs is not None and theirs.pk != held.pk and _covers(theirs, held, begins):
        return Passing(held, place, None, None, begins, f"{to.name} holds it already")
    return Passing(held, place, new_person, new_deputy, begins)


def _covers(theirs: RoleAssignment, held: RoleAssignment, begins: dt.date) -> bool:
    """Whether the successor's own assignment lasts as long."""
    lasts = theirs.until_on is None or (held.until_on is not None and theirs.until_on >= held.until_on)
    return theirs.from_on <= begins and lasts


@dataclass(frozen=True)
class Kept:
    """Things of one kind that the person has."""

    label: str
    things: list[str]
    follows_roles: bool


def kept(person: User, *, on: dt.date) -> list[Kept]:
    """What she has beside her roles, kind by kind; kinds of which she has nothing are left out."""
    found = [Kept(estate.label, estate.owned(person, on=on), estate.follows_roles) for estate in estates()]
    return [one for one in found if one.things]


@transaction.atomic
def hand_over(
    *, person: User, to: User, by: User, at: dt.datetime, last_day: dt.date, deactivate: bool = False
) -> list[Passing]:
    """Pass every role, as holder and as deputy, to a successor from the day after `last_day`; the rest passes at once.

    Signatures and reviews that wait follow the roles by themselves: they ask who holds them. Raises Invalid, WrongState when
    there is nothing to pass, NotAllowed for rights one does not have oneself.
    """
    by.require(Permission.ASSIGN_ROLES)
    _check(person, to, last_day, organisation_today(at), deactivate=deactivate)
    first_day = last_day + DAY
    # One order for everybody; who comes second finds the roles passed on.
    list(RoleAssignment.objects.of(person).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    roles, things = passing(person, to, first_day=first_day), kept(person, on=organisation_today(at))
    if not roles and not any(not one.follows_roles for one in things) and not deactivate:
        raise WrongState(f"{person.name} has nothing to hand over from {first_day:%-d %b %Y} on.")
    _check_rights(by, to, roles)
    _pass(roles, by=by, at=at, last_day=last_day)
    for estate in estates():
        if not estate.follows_roles:
            estate.hand_over(person, to, by=by, at=at)
    places().settle(at=at)
    passed: dict[str, Any] = {one.label.lower(): one.things for one in things}
    after = {"to": to, "last_day": last_day, "roles": [one.words for one in roles], **passed, "deactivated": deactivate}
    record(Kind.ROLES_HANDED_OVER, person, by=by, at=at, after=after)
    if deactivate:
        deactivate_person(person=person, by=by, at=at)
    teller().handed_over(person, to, _summary(roles, things), from_on=first_day, by=by, at=at)
    return roles


def _check(person: User, to: User, last_day: dt.date, today: dt.date, *, deactivate: bool) -> None:
    problems = {}
    if to.pk == person.pk:
        problems["to"] = "The successor has to be somebody else."
    elif not to.is_active:
        problems["to"] = f"{to} can no longer sign in. Choose somebody else."
    if last_day < today - DAY:
        problems["last_day"] = "The past cannot be changed. Choose yesterday to pass it on at once, or a later day."
    elif last_day - today > LATEST:
        problems["last_day"] = "Choose a day within a year."
    elif deactivate and last_day >= today:
        problems["deactivate"] = (
            "Deactivating stops everything at once. Choose yesterday as the last day, or do it then."
        )
    if problems:
        raise Invalid("Some values need another look.", problems)


def _check_rights(by: User, to: User, roles: Iterable[Passing]) -> None:
    """Nobody gives herself rights that she does not have."""
    if by.pk != to.pk:
        return
    for one in roles:
        if not all(by.has_perm(right) for right in one.assignment.role.rights):
            name = one.assignment.role.name
            raise NotAllowed(f"{name} has rights that you do not have. Let a colleague hand this over to you.")


def _pass(roles: list[Passing], *, by: User, at: dt.datetime, last_day: dt.date) -> None:
    """End what has begun, and begin what follows; what has not begun yet changes its people. Each with its line."""
    ended: list[Line] = []
    changed: list[Line] = []
    begun: list[RoleAssignment] = []
    for one in roles:
        held = one.assignment
        if held.from_on > last_day:
            before: dict[str, Any] = {"person": held.person, "deputy": held.deputy}
            if one.person is None and one.deputy is None:
                ended.append((held, before | {"from": held.from_on}, {"until": "never begins"}))
                continue
            held.person, held.deputy = one.person, one.deputy
            changed.append((held, before, {"person": held.person, "deputy": held.deputy, "from": held.from_on}))
            continue
        if one.person is not None or one.deputy is not None:
            begun.append(
                RoleAssignment(
                    role=held.role, workload_id=held.workload_id, person=one.person, deputy=one.deputy,
                    from_on=one.from_on, until_on=held.until_on,
                )
            )  # fmt: skip
        ended.append((held, {"until": held.until_on}, {"until": last_day}))
        held.until_on = last_day
    never = [held for held, before, _ in ended if "from" in before]
    record_many(Kind.ROLE_ENDED, ended, by=by, at=at)
    RoleAssignment.objects.filter(pk__in=[held.pk for held in never]).delete()
    RoleAssignment.objects.bulk_update([h for h, before, _ in ended if "from" not in before], ["until_on"], 1000)
    RoleAssignment.objects.bulk_update([held for held, _, _ in changed], ["person", "deputy"], 1000)
    RoleAssignment.objects.bulk_create(begun, 1000)
    lines: list[Line] = [(a, {}, _described(a)) for a in begun]
    record_many(Kind.ROLE_ASSIGNED, [*changed, *lines], by=by, at=at)


def _described(given: RoleAssignment) -> dict[str, Any]:
    return {
        "role": given.role.name,
        "person": given.person,
        "deputy": given.deputy,
        "from": given.from_on,
        "until": given.until_on,
    }


def _summary(roles: list[Passing], things: list[Kept]) -> list[str]:
    """What passes, in the lines of a message."""
    lines = [f"Role: {one.words}" for one in roles]
    return lines + [f"{one.label}: {thing}" for one in things for thing in one.things]
