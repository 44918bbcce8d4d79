"""Telling people that a target waits for its review, before and after the day: each step once, none skipped."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from django.db.models import Q
from django.urls import reverse

from communications.purposes import Purpose
from communications.services import Reminder, remind_many
from people.models import RoleAssignment, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, HEAD_OF_OPERATIONS, IT_OPERATIONS, WORKLOAD_OWNER
from people.stand_ins import Having, stand_ins
from people.wording import date_words, due_words, in_place_of
from workloads.because import numbers
from workloads.chain.queries import names_for
from workloads.due_early import because_to, names_in
from workloads.models import Classification, Lifecycle
from workloads.queries import waived_until
from workloads.schedule import BEFORE, DEPUTY_AFTER, HEAD_AFTER, is_overdue, steps_due
from workloads.telling import target_words

CHUNK = 1000
ROLES = (BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, HEAD_OF_OPERATIONS, IT_OPERATIONS)
EARLIEST_ZONE = dt.timedelta(hours=14)  # where the day begins first


def remind_of_reviews(*, at: dt.datetime) -> int:
    """Write the reminders whose day has come where their reader is; returns how many. Any number of sweeps may run at once."""
    targets = _within_reach(at)
    written = 0
    while chunk := list(islice(targets, CHUNK)):
        written += remind_many(_reminders(chunk, at), at=at)
    return written


def _within_reach(at: dt.datetime) -> Iterator[Classification]:
    """Targets in force for which somewhere on earth the first step has come."""
    latest = (at.astimezone(dt.UTC) + EARLIEST_ZONE).date() + dt.timedelta(days=max(BEFORE))
    found = Classification.objects.filter(state=Classification.State.SIGNED_OFF, review_due_on__lte=latest)
    found = found.exclude(workload__lifecycle=Lifecycle.RETIRED).select_related("workload")
    found = found.annotate(waived_until=waived_until(organisation_today(at), "workload"))
    return found.order_by("review_due_on", "pk").iterator(chunk_size=CHUNK)


def _reminders(targets: list[Classification], at: dt.datetime) -> Iterator[Reminder]:
    holders = Holders({target.workload_id for target in targets}, organisation_today(at))
    instead = _instead(targets, holders, organisation_today(at))
    why = Why(targets)
    for target in targets:
        if target.review_due_on is None:
            continue
        left, there = instead.get(target.workload_id, ("", []))
        for person in _readers(holders, target.workload_id, target.review_due_on, at, there):
            reminder = _reminder(target, target.review_due_on, person, at, why, left)
            if reminder is not None:
                yield reminder


def _instead(targets: Iterable[Classification], holders: Holders, on: dt.date) -> dict[int, tuple[str, list[User]]]:
    """Per workload whose stakeholder left, and nobody acts in that role: her name, and who stands in; a few queries."""
    left = {}
    for target in targets:
        pk, team = target.workload_id, target.workload.owner_team_id
        gone = holders.left(BUSINESS_STAKEHOLDER, pk)
        if gone is not None and not holders.either(BUSINESS_STAKEHOLDER, pk):
            left[pk] = Having(gone, pk, team)
    people = stand_ins(left.values(), on=on)
    names = dict(User.objects.filter(pk__in={one.person for one in left.values()}).values_list("pk", "name"))
    return {pk: (names[one.person], people[one]) for pk, one in left.items()}


class Why:
    """Why these reviews are due early, for each reader in the names she may see; one question a reader, and only where
    a workload is named."""

    def __init__(self, targets: Iterable[Classification]) -> None:
        self._names = names_in(targets)
        self._seen: dict[int, frozenset[int] | None] = {}

    def to(self, person: User, target: Classification) -> str:
        if self._names and person.pk not in self._seen and any(numbers(target.review_reasons)):
            self._seen[person.pk] = names_for(person, self._names)
        return because_to(target, self._names, self._seen.get(person.pk, frozenset()))


def _reminder(
    target: Classification, due_on: dt.date, person: User, at: dt.datetime, why: Why, left: str
) -> Reminder | None:
    today = _day_of(person, at)
    due = steps_due(due_on, today)
    if due is None:
        return None
    return Reminder(
        _purpose(target, due.step),
        to=person,
        thread=target.trail_thread,
        due_on=due_on,
        step=due.step,
        path=reverse("workloads:review", args=[target.pk]),
        context={
            "workload": target.workload.name,
            "target": target_words(target, target.waived_until),  # type: ignore[attr-defined]  # annotated
            "due": date_words(due_on),
            "when_words": due_words(due_on, today),
            "instead": in_place_of(left) if left else "",
            **({"because": why.to(person, target)} if target.review_reasons else {}),
        },
        covers=due.covered,
    )


def _purpose(target: Classification, step: str) -> Purpose:
    """Due early is a purpose of its own, and its receipts are: who was reminded of this very day before hears why it counts."""
    if target.review_reasons:
        return Purpose.REVIEW_DUE_EARLY
    return Purpose.REVIEW_OVERDUE if is_overdue(step) else Purpose.REVIEW_DUE


def _day_of(person: User, at: dt.datetime) -> dt.date:
    return at.astimezone(person.zone).date()


class Holders:
    """Who holds the roles that count for these workloads on a day, in two queries. The rule is `people.queries.holdings`:
    a role's own assignments for the workload, else those for the whole organisation."""

    def __init__(self, workload_ids: Iterable[int], on: dt.date, roles: Iterable[str] = ROLES) -> None:
        self.by_role: dict[tuple[str, int | None], list[tuple[int | None, int | None]]] = defaultdict(list)
        found = RoleAssignment.objects.in_force(on).filter(
            Q(workload_id__in=workload_ids) | Q(workload_id__isnull=True), role__in=roles
        )
        rows = found.order_by("id").values_list("role_id", "workload_id", "person_id", "deputy_id")
        for role, workload, person, deputy in rows:
            self.by_role[role, workload].append((person, deputy))
        named = {number for held in self.by_role.values() for pair in held for number in pair if number is not None}
        self.people = {user.pk: user for user in User.objects.filter(pk__in=named, is_active=True)}

    def _held(self, role: str, workload_id: int) -> list[tuple[int | None, int | None]]:
        return self.by_role.get((role, workload_id)) or self.by_role.get((role, None)) or []

    def persons(self, role: str, workload_id: int) -> list[User]:
        return self._active(person for person, _ in self._held(role, workload_id))

    def deputies(self, role: str, workload_id: int) -> list[User]:
        return self._active(deputy for _, deputy in self._held(role, workload_id))

    def either(self, role: str, workload_id: int) -> list[User]:
        """The holders; while there are none, their deputies."""
        return self.persons(role, workload_id) or self.deputies(role, workload_id)

    def left(self, role: str, workload_id: int) -> int | None:
        """The number of somebody who was given the role and cannot sign in any more, a holder before a deputy."""
        held = self._held(role, workload_id)
        named = [number for pairs in zip(*held, strict=True) for number in pairs if number is not None]
        return next((number for number in named if number not in self.people), None)

    def _active(self, numbers: Iterable[int | None]) -> list[User]:
        return [self.people[number] for number in dict.fromkeys(numbers) if number in self.people]


def _readers(holders: Holders, workload_id: int, due_on: dt.date, at: dt.datetime, instead: list[User]) -> list[User]:
    """Who is told: the business stakeholder; late, her deputy and then the head of operations too.

    When she left and nobody acts, it is who stands in. While a role is vacant its next in line is told, so that a review never
    goes unannounced.
    """

    def late_by(days: int) -> Callable[[User], bool]:
        return lambda person: (_day_of(person, at) - due_on).days >= days

    line = (BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, HEAD_OF_OPERATIONS, IT_OPERATIONS)
    first = instead or next((found for role in line if (found := holders.either(role, workload_id))), [])
    deputies = filter(late_by(DEPUTY_AFTER), holders.deputies(BUSINESS_STAKEHOLDER, workload_id))
    heads = filter(late_by(HEAD_AFTER), holders.either(HEAD_OF_OPERATIONS, workload_id))
    return list({person.pk: person for person in [*first, *deputies, *heads]}.values())
