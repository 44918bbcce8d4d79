"""Whose signature is waited for, and where a request stands."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from people.models import RoleAssignment, User
from signoffs.eligibility import Eligibility, Gap, of_request, of_requests
from signoffs.models import Request, Signature, Slot
from signoffs.subjects import subject_of


def slots_waiting_for(user: User, *, on: dt.date) -> QuerySet[Slot]:
    """Open slots this person may fill today, one for each request that asks each person once: through a role for that
    workload, or for the organisation where none is; not after she has signed, nor where a proposer may not. In which of her
    roles she signs, `signing_as` knows."""
    fillable = _fillable(user, on)
    same = fillable.filter(request=OuterRef("request"), request__one_per_person=True).order_by()
    return (
        fillable.filter(~Exists(same.filter(position__lt=OuterRef("position"))))
        .annotate(has_choice=Exists(same.filter(position__gt=OuterRef("position"))))
        .select_related("request__requested_by", "role")
        .order_by("request__due_on", "request_id", "position")
    )


def _fillable(user: User, on: dt.date) -> QuerySet[Slot]:
    in_force = RoleAssignment.objects.in_force(on)
    # Only assignments of the roles she holds for the organisation are compared, not those of all workloads.
    wide = in_force.of(user).filter(workload_id__isnull=True).order_by().values("role")
    for_workload = in_force.filter(role=OuterRef("role"), workload_id=OuterRef("request__workload_id"))
    hers = Signature.objects.filter(request=OuterRef("request"), signer=user)
    return (
        Slot.objects.filter(~Exists(Signature.objects.filter(slot=OuterRef("pk"))), request__state=Request.State.OPEN)
        .filter(Exists(for_workload.of(user)) | (Q(role__in=wide) & ~Exists(for_workload.filter(role__in=wide))))
        .filter(Q(request__one_per_person=False) | ~Exists(hers))
        .filter(~Q(request__proposed_by=user) | _open_to_proposer(user))
    )


def _open_to_proposer(user: User) -> Q:
    """Four eyes: the last slot is somebody else's while only the proposer has signed."""
    others = Signature.objects.filter(request=OuterRef("request")).exclude(signer=user)
    filled = Exists(Signature.objects.filter(slot=OuterRef("pk")))
    another = Slot.objects.filter(~filled, request=OuterRef("request")).exclude(pk=OuterRef("pk"))
    enough = Q(request__four_eyes=False) | Q(Exists(others)) | Q(Exists(another.order_by()))
    return Q(request__proposer_may_sign=True) & enough


def signing_as(user: User, slots: Iterable[Any], *, on: dt.date) -> list[Any]:
    """The same, each in the role in which this person signs: where she holds several that are asked for, the one that leaves
    the others to somebody else. No query where she holds one of each, else four, whatever the number."""
    found = list(slots)
    choices = [slot for slot in found if slot.has_choice]
    if not choices:
        return found
    signers = of_requests([slot.request for slot in choices], on=on)
    asked = Slot.objects.filter(request__in=list(signers)).select_related("role")
    by_role = {(slot.request_id, slot.role_id): slot for slot in asked}
    for slot in choices:
        instead = by_role[slot.request_id, signers[slot.request_id].role_for(user) or slot.role_id]
        slot.pk, slot.role, slot.meaning, slot.position = instead.pk, instead.role, instead.meaning, instead.position
    return found


def requests_for(user: User, *, on: dt.date) -> QuerySet[Request]:
    """Requests this person may read: about what she may see, signed by her, or waiting for her signature.

    Nobody is asked to sign what she may not read, whatever rights an administrator left to the role.
    """
    mine = Signature.objects.filter(signer=user).values("slot__request")
    waiting = slots_waiting_for(user, on=on).order_by().values("request")
    ids = Request.objects.visible_to(user).order_by().values("pk")
    return Request.objects.filter(Q(pk__in=ids) | Q(pk__in=mine) | Q(pk__in=waiting))


def waived_until(requests: Iterable[Request], *, on: dt.date) -> dict[int, dt.date]:
    """Of these requests, by number, the ones of whose subject something is waived, and until when. Each kind is asked once."""
    by_kind: dict[str, dict[int, int]] = defaultdict(dict)
    for request in requests:
        by_kind[request.subject_type][request.subject_id] = request.pk
    return {
        numbers[subject]: until
        for kind, numbers in by_kind.items()
        for subject, until in subject_of(kind).waived_until(numbers, on=on).items()
    }


@dataclass(frozen=True)
class Seal:
    """One signature that is asked for, as a page shows it: given, yours to give, or waited for."""

    slot: Slot
    signature: Signature | None
    holder: User | None
    deputy: User | None
    is_yours: bool
    as_deputy: bool
    nobody: str = ""  # why, where nobody can sign
    unconfirmed: bool = False  # no second person has confirmed yet that who is named holds the role

    @property
    def asked(self) -> str:
        """Who may sign, in words: the holder, else the deputy, else that nobody can."""
        if self.holder:
            return self.holder.name
        return f"{self.deputy.name} (deputy)" if self.deputy else "Nobody"

    @property
    def also(self) -> str:
        return f"or {self.deputy.name} as deputy" if self.holder and self.deputy else ""


def _seals(request: Request, signers: Eligibility | None, user: User) -> list[Seal]:
    """The signatures of a request in their order, with who may still give them."""
    yours = signers.role_for(user) if signers is not None else None
    nobody = {gap.roles: gap.title for gap in signers.gaps} if signers is not None else {}
    return [
        _seal(slot, signers, user, yours, nobody.get((slot.role_id,), ""))
        for slot in request.slots.select_related("role", "signature")
    ]


def _seal(slot: Slot, signers: Eligibility | None, user: User, yours: str | None, nobody: str) -> Seal:
    if signers is None or slot.is_signed:
        return Seal(slot, slot.signature if slot.is_signed else None, None, None, is_yours=False, as_deputy=False)
    asked = signers.asked(slot.role_id)
    holders = [person for person in asked if signers.holds(slot.role_id, person)]
    deputies = [person for person in asked if person not in holders]
    is_yours = yours == slot.role_id
    holder = user if is_yours and user in holders else next(iter(holders), None)
    deputy = user if is_yours and user in deputies else next(iter(deputies), None)
    named = user if is_yours else holder or deputy
    return Seal(
        slot=slot,
        signature=None,
        holder=holder,
        deputy=deputy,
        is_yours=is_yours,
        as_deputy=is_yours and user in deputies,
        nobody=nobody,
        unconfirmed=named is not None and signers.is_unconfirmed(slot.role_id, named),
    )


@dataclass(frozen=True)
class Standing:
    """Where a request stands for one reader, in numbers that a page turns into a sentence."""

    seals: list[Seal]
    gaps: list[Gap] = field(default_factory=list)  # who is missing for it to be signed by all

    @property
    def asked(self) -> int:
        return len(self.seals)

    @property
    def signed(self) -> int:
        return sum(seal.signature is not None for seal in self.seals)

    @property
    def mine(self) -> Seal | None:
        """The signature that is this reader's to give, the first where she acts in several roles."""
        return next((seal for seal in self.seals if seal.is_yours), None)

    @property
    def waiting(self) -> list[Seal]:
        return [seal for seal in self.seals if seal.signature is None]

    @property
    def is_last(self) -> bool:
        return len(self.waiting) == 1


def standing(request: Request, *, user: User, on: dt.date) -> Standing:
    if request.state != Request.State.OPEN:
        return Standing(_seals(request, None, user))
    signers = of_request(request, on=on)
    return Standing(_seals(request, signers, user), signers.gaps)
