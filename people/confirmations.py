"""A second person confirms: guarded roles that somebody gave, and edits of rights and of signing rules.

Nobody decides alone about who may decide. The second person may assign roles, shows anew that it is she, is neither giver nor
receiver, and owes neither her account nor a guarded role of the last 30 days to the giver.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from copy import copy
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.copying import copy_in
from audit.errors import Invalid, NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import Actor, record
from audit.states import change_state
from people.estates import places
from people.models import (
    GIVEN,
    TRUSTED_AFTER,
    Confirmation,
    RoleAssignment,
    Standing,
    User,
    organisation_today,
)
from people.permissions import Permission
from people.proof import IdentityProof, check_proof
from people.telling import teller

NOT_YET = (Standing.WAITING, Standing.UNCONFIRMED)
ROLES = "roles"  # the deed of giving roles; its assignments refer to it


class Edit(Protocol):
    """An edit that waits: what it does once it is confirmed. Registered by the room whose rows it changes."""

    def lines(self, change: Mapping[str, Any]) -> list[str]:
        """What will be different, in words."""

    def receivers(self, change: Mapping[str, Any]) -> set[int]:
        """Numbers of the people who get something by it, as roles are held now."""

    def apply(self, change: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
        """Do it, with its line in the trail. Raises WrongState when what it began from is no longer so."""


_edits: dict[str, Edit] = {}


def register(deed: str, edit: Edit) -> None:
    """Called once per kind of edit, from the `ready` of the room that owns it."""
    _edits[deed] = edit


def edit_of(deed: str) -> Edit:
    """Raises KeyError for a deed that nobody registered: a programming error."""
    return _edits[deed]


def nobody_could_confirm(at: dt.datetime) -> bool:
    """Whether the portal has never had two people who may assign roles and were confirmed: an empty portal at its start.

    Asked of all assignments ever made, so that ending somebody's role does not bring the start back.
    """
    if Confirmation.objects.filter(state=Confirmation.State.CONFIRMED).exists():
        return False
    # Taken back on its first day, what nobody had to confirm was held all the same.
    was_held = Q(standing=Standing.EFFECTIVE) | Q(standing=Standing.CANCELLED, confirmation__isnull=True)
    ever = RoleAssignment.objects.filter(was_held, from_on__lte=organisation_today(at), workload_id__isnull=True)
    ever = ever.filter(role__rights__contains=[Permission.ASSIGN_ROLES.value])
    people = {pk for pair in ever.order_by().values_list("person", "deputy") for pk in pair if pk is not None}
    return len(people) < 2


def who_may_confirm(confirmation: Confirmation, at: dt.datetime) -> list[User]:
    """Everybody who could confirm this now, by name."""
    may = RoleAssignment.objects.in_force(organisation_today(at)).filter(
        role__rights__contains=[Permission.ASSIGN_ROLES.value], workload_id__isnull=True
    )
    mine = may.filter(Q(person=OuterRef("pk")) | Q(deputy=OuterRef("pk")))
    people = User.objects.get_queryset().filter(Exists(mine), is_active=True)
    return [person for person in people if not why_not(confirmation, person, at)]


def what_is_missing(given: RoleAssignment, at: dt.datetime) -> str:
    """What stands between a role that was just given and its full effect, in words; empty where nothing does."""
    if given.confirmation is None or given.standing == Standing.EFFECTIVE:
        return ""
    names = [person.name for person in who_may_confirm(given.confirmation, at)]
    who = f"{', '.join(names)} can." if names else "Nobody can yet; the owner of the machine can, with a command."
    if given.standing == Standing.UNCONFIRMED:
        return f"{given.role} is in effect, unconfirmed until a second person has confirmed it. {who}"
    return f"{given.role} takes effect when a second person has confirmed it. {who}"


def why_not(confirmation: Confirmation, person: User, at: dt.datetime) -> str:
    """Why this person cannot confirm it, in words for her; empty when she can."""
    if not person.may(Permission.ASSIGN_ROLES):
        return "Somebody who may give roles has to confirm this."
    if person.pk == confirmation.given_by_id:
        return "You gave this yourself. A second person has to confirm it."
    if person.pk in _receivers_now(confirmation):
        return "You get something by this yourself. Somebody else has to confirm it."
    if not Confirmation.objects.filter(pk=confirmation.pk).for_user(person, at).exists():
        return (
            f"You or {confirmation.given_by.name} added the other, or gave the other a role that needs confirmation, less than "
            f"{TRUSTED_AFTER.days} days ago. Somebody else has to confirm this."
        )
    return ""


def _receivers_now(confirmation: Confirmation) -> set[int]:
    """Who gets something by it: when it was asked for, and by what has come since."""
    edit = _edits.get(confirmation.deed)
    return set(confirmation.receivers) | (edit.receivers(confirmation.change) if edit is not None else set())


def ask(
    *, deed: str, title: str, by: User, at: dt.datetime, receivers: Collection[int] = (), reason: str = "",
    change: Mapping[str, Any] | None = None,
) -> Confirmation:  # fmt: skip
    """Ask for a second person, inside the transaction of the deed, which has asked for its right. Those who can are told.

    Raises NotAllowed where the one who asks would get something by it.
    """
    if by.pk in receivers:
        raise NotAllowed("You would get something by this yourself. Let a colleague ask for it.")
    same = Confirmation.objects.waiting().filter(deed=deed, change=dict(change or {}))
    if deed != ROLES and (waiting := same.first()) is not None:
        return waiting
    confirmation = Confirmation.objects.create(
        deed=deed, title=title[:300], reason=reason, change=dict(change or {}), receivers=sorted(set(receivers)),
        given_at=at, given_by=by,
    )  # fmt: skip
    after = {"what": confirmation.title, "reason": reason, **(change or {})}
    record(Kind.CONFIRMATION_ASKED, confirmation, by=by, at=at, after=after)
    teller().confirmation_asked(confirmation, who_may_confirm(confirmation, at), at=at)
    return confirmation


@transaction.atomic
def confirm(*, confirmation: Confirmation, by: User, at: dt.datetime, proof: IdentityProof | None) -> Confirmation:
    """Let it take effect, all of it, at once. Raises NotAllowed, NeedsProof, WrongState."""
    by.require(Permission.ASSIGN_ROLES)
    confirmation = _locked(confirmation)
    refusal = why_not(confirmation, by, at)
    if refusal:
        raise NotAllowed(refusal)
    check_proof(proof, at)
    _take_effect(confirmation, by=by, closed_by=by, at=at)
    return confirmation


@transaction.atomic
def confirm_as_owner(*, confirmation: Confirmation, by: Actor, at: dt.datetime) -> None:
    """For the command of the owner of the machine, who could change every row: the way out where nobody can confirm."""
    _take_effect(_locked(confirmation), by=by, closed_by=None, at=at)


def _take_effect(confirmation: Confirmation, *, by: Actor, closed_by: User | None, at: dt.datetime) -> None:
    change_state(confirmation, "confirm", by=by, at=at, closed_at=at, closed_by=closed_by)
    given = confirmation.assignments.all()
    if confirmation.deed == ROLES:
        _begin(confirmation, organisation_today(at), by=by, at=at)
        places().settle(at=at)
        begun = list(given.filter(standing=Standing.EFFECTIVE).select_related("role", "person", "deputy"))
        teller().roles_confirmed(confirmation, begun, at=at)
    else:
        edit_of(confirmation.deed).apply(confirmation.change, by=by, at=at)
    teller().confirmation_closed(confirmation, by=by, at=at)


def _begin(confirmation: Confirmation, today: dt.date, *, by: Actor, at: dt.datetime) -> None:
    """What waited begins today at the earliest: until now nobody could act in it. What is over by now, or was given in
    another deed meanwhile, comes to nothing."""
    columns = ("role", "workload_id", "person", "deputy")
    waited = confirmation.assignments.filter(standing=Standing.WAITING)
    waited.filter(until_on__lt=today).update(standing=Standing.CANCELLED)
    _without_who_left(confirmation, today, by=by, at=at)
    late = waited.filter(from_on__lt=today).order_by("pk")
    begun = RoleAssignment.objects.given().filter(from_on=today, role__in=late.order_by().values("role"))
    there = {once(*key) for key in begun.values_list(*columns)}
    twice = []
    for pk, *key in late.values_list("pk", *columns):
        if once(*key) in there:
            twice.append(pk)
        there.add(once(*key))
    RoleAssignment.objects.filter(pk__in=twice).update(standing=Standing.CANCELLED)
    late.update(from_on=today)
    confirmation.assignments.filter(standing__in=NOT_YET).update(standing=Standing.EFFECTIVE)
    begun = confirmation.assignments.filter(standing=Standing.EFFECTIVE, replaces__isnull=False)
    replaced = RoleAssignment.objects.in_force(today).filter(pk__in=begun.values("replaces"))
    for held in replaced.select_related("role", "person"):
        record(Kind.ROLE_ENDED, held, by=by, at=at, before={"until": held.until_on}, after={"until": today})
    replaced.filter(from_on__gte=today).update(standing=Standing.CANCELLED)
    replaced.filter(from_on__lt=today).update(until_on=today - dt.timedelta(days=1))


def _enter(rows: list[RoleAssignment], *, by: Actor, at: dt.datetime) -> None:
    """Rows that go on from others, each with its line."""
    copy_in(rows)
    for row in rows:
        after = {"role": row.role.name, "person": row.person, "deputy": row.deputy, "from": row.from_on}
        record(Kind.ROLE_ASSIGNED, row, by=by, at=at, after=after | {"until": row.until_on})


def _without_who_left(confirmation: Confirmation, today: dt.date, *, by: Actor, at: dt.datetime) -> None:
    """Who held it beside the receiver and was to stay may have been ended meanwhile: she does not come back with the pair."""
    pairs = confirmation.assignments.filter(standing__in=NOT_YET, replaces__isnull=False).select_related(
        "role", "person", "deputy", "replaces"
    )
    gone = [one for one in pairs if one.replaces is not None and _is_over(one.replaces, today)]
    alone = []
    for one in gone:
        row = copy(one)
        row.pk, row.replaces = None, None
        for side in ("person", "deputy"):
            if getattr(row, f"{side}_id") not in confirmation.receivers:
                setattr(row, side, None)
        alone.append(row)
    RoleAssignment.objects.filter(pk__in=[one.pk for one in gone]).update(standing=Standing.CANCELLED)
    _enter([row for row in alone if twin_of(row) is None], by=by, at=at)


def _is_over(held: RoleAssignment, today: dt.date) -> bool:
    return held.standing not in GIVEN or (held.until_on is not None and held.until_on < today)


def once(role: str, workload: int | None, person: int | None, deputy: int | None) -> tuple[Any, ...]:
    """What the constraints `assignment_once` and `assignment_of_deputy_once` allow once a day."""
    return role, workload, person, deputy if person is None else None


@transaction.atomic
def refuse(*, confirmation: Confirmation, by: User, at: dt.datetime, proof: IdentityProof | None, reason: str) -> None:
    """End it: nothing of it takes effect, and what was in effect unconfirmed ends at once. Who may confirm may refuse.

    Raises Invalid without a reason, NotAllowed, NeedsProof, WrongState.
    """
    by.require(Permission.ASSIGN_ROLES)
    confirmation = _locked(confirmation)
    refusal = why_not(confirmation, by, at)
    if refusal:
        raise NotAllowed(refusal)
    check_proof(proof, at)
    if not reason.strip():
        raise Invalid("Write why, so that the giver knows.", {"reason": "Write why you do not confirm it."})
    _end(confirmation, "refuse", Standing.REFUSED, by=by, at=at, reason=reason.strip())


@transaction.atomic
def withdraw(*, confirmation: Confirmation, by: User, at: dt.datetime) -> None:
    """Take back what one gave before it is confirmed. Raises NotAllowed for somebody else, WrongState."""
    confirmation = _locked(confirmation)
    by.require(Permission.ASSIGN_ROLES if confirmation.deed == ROLES else Permission.CONFIGURE)
    if by.pk != confirmation.given_by_id:
        raise NotAllowed("Only who gave this can take it back. Somebody who may confirm it can refuse it.")
    _end(confirmation, "withdraw", Standing.CANCELLED, by=by, at=at, reason="")


def _end(confirmation: Confirmation, verb: str, standing: Standing, *, by: User, at: dt.datetime, reason: str) -> None:
    after = {"reason": reason} if reason else {}
    change_state(confirmation, verb, by=by, at=at, after=after, closed_at=at, closed_by=by, closing_reason=reason)
    given = confirmation.assignments.filter(standing__in=NOT_YET)
    stays = [
        row for one in given.select_related("role", "person", "deputy") for row in _who_stays(one, confirmation, at)
    ]
    if given.update(standing=standing):
        _enter([row for row in stays if twin_of(row) is None], by=by, at=at)
        places().settle(at=at)
    teller().confirmation_closed(confirmation, by=by, at=at)


def _who_stays(one: RoleAssignment, confirmation: Confirmation, at: dt.datetime) -> list[RoleAssignment]:
    """Of a pair that was in effect unconfirmed, who held it before the other came goes on holding it."""
    person, deputy = (
        p if p is not None and p.pk not in confirmation.receivers else None for p in (one.person, one.deputy)
    )
    today = organisation_today(at)
    if one.standing != Standing.UNCONFIRMED or (person or deputy) is None:
        return []
    if one.until_on is not None and one.until_on < today:
        return []
    return [
        RoleAssignment(
            role=one.role,
            workload_id=one.workload_id,
            person=person,
            deputy=deputy,
            until_on=one.until_on,
            from_on=max(one.from_on, today),
        )
    ]


def twin_of(one: RoleAssignment) -> RoleAssignment | None:
    """What this person (or deputy, where nobody holds it) was given already: the same role from the same day."""
    who = {"person": one.person} if one.person is not None else {"person": None, "deputy": one.deputy}
    same = RoleAssignment.objects.given().filter(role=one.role, workload_id=one.workload_id, from_on=one.from_on, **who)
    return same.select_related("role", "person", "deputy").first()


def nothing_left(confirmation: Confirmation, *, by: User, at: dt.datetime) -> None:
    """Close a deed all of whose roles were ended one by one before anybody confirmed it."""
    if (
        confirmation.state == Confirmation.State.WAITING
        and not confirmation.assignments.filter(standing__in=NOT_YET).exists()
    ):
        change_state(confirmation, "withdraw", by=by, at=at, closed_at=at, closed_by=by)


def lock_of(assignments: QuerySet[RoleAssignment]) -> None:
    """Lock the deeds that these roles wait for, before the roles themselves: the order in which `confirm` locks."""
    found = Confirmation.objects.filter(pk__in=assignments.order_by().values("confirmation")).order_by("pk")
    list(found.select_for_update(of=("self",)).values_list("pk"))


def _locked(confirmation: Confirmation) -> Confirmation:
    """The row, locked for this transaction. Raises WrongState when somebody has decided already."""
    fresh = Confirmation.objects.select_for_update(of=("self",)).select_related("given_by").get(pk=confirmation.pk)
    if fresh.state != Confirmation.State.WAITING:
        raise WrongState(f"“{fresh}” is {fresh.get_state_display().lower()} already. Nothing more is to be decided.")
    return fresh
