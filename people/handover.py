"""Handing over: everything a person holds passes to a successor in one deed."""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from audit.copying import copy_in
from audit.errors import Invalid, NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import record, record_many
from people.assignments import DAY, enter
from people.confirmations import lock_of, nobody_could_confirm, nothing_left, once, twin_of
from people.estates import estates, places
from people.guarding import guarded_roles
from people.models import IN_EFFECT, Confirmation, RoleAssignment, Standing, User, organisation_today
from people.permissions import Permission
from people.services import deactivate_person
from people.telling import teller

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
    theirs = {
        (a.role_id, a.workload_id): a
        for a in own
        if to is not None and a.person_id == to.pk and a.standing in IN_EFFECT
    }
    found = [_passing(a, names, person, to, theirs.get((a.role_id, a.workload_id)), first_day) for a in held]
    return found if to is None else _once_each(found)


def _once_each(found: list[Passing]) -> list[Passing]:
    """A role is given to somebody from one day once: the first of two that would begin on the same day passes, the other ends."""
    columns = ("role", "workload_id", "person", "deputy", "from_on")
    known = {pk for one in found for pk in (one.assignment.pk, one.assignment.replaces_id) if pk is not None}
    others = RoleAssignment.objects.given().exclude(pk__in=known)
    others = others.filter(
        from_on__in={one.from_on for one in found}, role__in={one.assignment.role_id for one in found}
    )
    there = {(once(*key[:4]), key[4]) for key in others.values_list(*columns)}
    passes = []
    for one in found:
        person, deputy = (p.pk if p is not None else None for p in (one.person, one.deputy))
        key = (once(one.assignment.role_id, one.assignment.workload_id, person, deputy), one.from_on)
        if (person or deputy) and key in there:
            one = replace(one, person=None, deputy=None, remark="it passes once")
        there.add(key)
        passes.append(one)
    return passes


def _held(person: User, first_day: dt.date) -> QuerySet[RoleAssignment]:
    """What she holds on that day or later, as holder or deputy; what waits for a second person too."""
    found = RoleAssignment.objects.given().of(person).filter(Q(until_on__isnull=True) | Q(until_on__gte=first_day))
    return found.select_related("role", "person", "deputy", "confirmation").order_by(
        "role__position", "workload_id", "id"
    )


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


def held_in_short(person: User, *, on: dt.date) -> list[tuple[str, int]]:
    """What can be handed over of hers, counted by kind; empty when she has nothing that a successor would get."""
    held = _held(person, on).aggregate(
        wide=Count("pk", filter=Q(workload_id__isnull=True)), single=Count("pk", filter=Q(workload_id__isnull=False))
    )
    counts = [("Roles for the whole organisation", held["wide"]), ("Roles for single workloads", held["single"])]
    counts += [(one.label, len(one.things)) for one in kept(person, on=on) if not one.follows_roles]
    return [(label, number) for label, number in counts if number]


@transaction.atomic
def hand_over(
    *, person: User, to: User, by: User, at: dt.datetime, last_day: dt.date, deactivate: bool = False
) -> list[Passing]:
    """Pass every role, as holder and as deputy, to a successor from the day after `last_day`; the rest passes at once.

    Signatures and reviews that wait follow the roles by themselves: they ask who holds them. Guarded roles of the successor
    wait for a second person, all in one deed. Raises Invalid, WrongState when there is nothing to pass, NotAllowed to oneself.
    """
    by.require(Permission.ASSIGN_ROLES)
    if by.pk == to.pk:
        raise NotAllowed("Nobody hands roles over to themselves. Let a colleague who may give roles do it.")
    _check(person, to, last_day, organisation_today(at), deactivate=deactivate)
    first_day = last_day + DAY
    # One order for everybody; who comes second finds the roles passed on.
    lock_of(RoleAssignment.objects.of(person))
    list(RoleAssignment.objects.of(person).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    roles, things = passing(person, to, first_day=first_day), kept(person, on=organisation_today(at))
    if not roles and not any(not one.follows_roles for one in things) and not deactivate:
        raise WrongState(f"{person.name} has nothing to hand over from {first_day:%-d %b %Y} on.")
    confirmation = _pass(roles, to=to, by=by, at=at, last_day=last_day)
    for deed in {one.assignment.confirmation for one in roles if one.assignment.confirmation is not None}:
        nothing_left(deed, by=by, at=at)
    for estate in estates():
        if not estate.follows_roles:
            estate.hand_over(person, to, by=by, at=at)
    places().settle(at=at)
    passed: dict[str, Any] = {one.label.lower(): one.things for one in things}
    after = {"to": to, "last_day": last_day, "roles": [one.words for one in roles], **passed, "deactivated": deactivate}
    record(Kind.ROLES_HANDED_OVER, person, by=by, at=at, after=after)
    if deactivate:
        deactivate_person(person=person, by=by, at=at)
    waiting = confirmation.assignments.filter(standing=Standing.WAITING).count() if confirmation is not None else 0
    teller().handed_over(person, to, _summary(roles, things, waiting), from_on=first_day, by=by, at=at)
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


def _pass(roles: list[Passing], *, to: User, by: User, at: dt.datetime, last_day: dt.date) -> Confirmation | None:
    """End what has begun, and begin what follows, each with its line; returns what a second person has to confirm."""
    ended: list[Line] = []
    begun = [_following(one) for one in _going_on(roles)]
    for one in roles:
        held = one.assignment
        if held.from_on > last_day:
            ended.append((held, {"standing": held.standing}, {"standing": Standing.CANCELLED.value}))
            held.standing = Standing.CANCELLED
        else:
            ended.append((held, {"until": held.until_on}, {"until": last_day}))
            held.until_on = last_day
    RoleAssignment.objects.bulk_update([held for held, _, _ in ended], ["until_on", "standing"], 1000)
    record_many(Kind.ROLE_ENDED, ended, by=by, at=at)
    # Who was the deputy and holds it now gets nothing that she could not do before.
    acts = {id(new) for one, new in zip(_going_on(roles), begun, strict=True) if to in _both(one.assignment)}
    fresh = [new for new in begun if id(new) not in acts]
    copy_in([new for new in begun if id(new) in acts])
    interim = _interim(fresh, to, at)
    confirmation = enter(fresh, by=by, at=at, newcomers={to.pk})
    lines: list[Line] = [(a, {}, _described(a)) for a in [*interim, *begun]]
    record_many(Kind.ROLE_ASSIGNED, lines, by=by, at=at)
    return confirmation


def _going_on(roles: list[Passing]) -> list[Passing]:
    return [one for one in roles if one.person is not None or one.deputy is not None]


def _both(held: RoleAssignment) -> tuple[User | None, User | None]:
    return held.person, held.deputy


def _interim(fresh: list[RoleAssignment], to: User, at: dt.datetime) -> list[RoleAssignment]:
    """While a guarded role waits for the successor, who held it beside her and stays holds it alone, without a day between."""
    guarded = guarded_roles()
    if nobody_could_confirm(at):
        return []
    alone: list[tuple[RoleAssignment, RoleAssignment]] = []
    for new in fresh:
        person, deputy = (somebody if somebody != to else None for somebody in _both(new))
        if new.role_id in guarded and (person is not None or deputy is not None):
            row = copy(new)
            row.person, row.deputy = person, deputy
            alone.append((new, row))
    there = {id(row): twin_of(row) for _, row in alone}  # since an earlier hand-over that still waits
    rows = {once(r.role_id, r.workload_id, r.person_id, r.deputy_id): r for _, r in alone if there[id(r)] is None}
    copy_in(list(rows.values()))
    for new, row in alone:
        key = once(row.role_id, row.workload_id, row.person_id, row.deputy_id)
        new.replaces = there[id(row)] or rows[key]
    return list(rows.values())


def _following(one: Passing) -> RoleAssignment:
    """The row that goes on from an assignment, as that was given, by whom and how far confirmed."""
    held = one.assignment
    return RoleAssignment(
        role=held.role, workload_id=held.workload_id, person=one.person, deputy=one.deputy, from_on=one.from_on,
        until_on=held.until_on, given_by=held.given_by, given_at=held.given_at, standing=held.standing,
        confirmation=held.confirmation,
    )  # fmt: skip


def _described(given: RoleAssignment) -> dict[str, Any]:
    return {
        "role": given.role.name,
        "person": given.person,
        "deputy": given.deputy,
        "from": given.from_on,
        "until": given.until_on,
    }


def _summary(roles: list[Passing], things: list[Kept], waiting: int) -> list[str]:
    """What passes, in the lines of a message."""
    lines = [f"Role: {one.words}" for one in roles]
    if waiting:
        lines.append(f"{waiting} of these roles: as soon as a second person has confirmed")
    return lines + [f"{one.label}: {thing}" for one in things for thing in one.things]
