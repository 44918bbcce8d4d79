"""Whose signature is waited for, and where a request stands."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from people.models import RoleAssignment, User
from people.queries import holdings
from signoffs.models import Request, Signature, Slot
from signoffs.subjects import subject_of


def slots_waiting_for(user: User, *, on: dt.date) -> QuerySet[Slot]:
    """Open slots this person may fill today: through a role for that workload, or for the organisation where none is."""
    in_force = RoleAssignment.objects.in_force(on)
    # Only assignments of the roles she holds for the organisation are compared, not those of all workloads.
    wide = in_force.of(user).filter(workload_id__isnull=True).order_by().values("role")
    for_workload = in_force.filter(role=OuterRef("role"), workload_id=OuterRef("request__workload_id"))
    return (
        Slot.objects.filter(~Exists(Signature.objects.filter(slot=OuterRef("pk"))), request__state=Request.State.OPEN)
        .filter(Exists(for_workload.of(user)) | (Q(role__in=wide) & ~Exists(for_workload.filter(role__in=wide))))
        .select_related("request__requested_by", "role")
        .order_by("request__due_on", "request_id", "position")
    )


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

    @property
    def asked(self) -> str:
        """Who may sign, in words: the holder, else the deputy, else that nobody can."""
        if self.holder:
            return self.holder.name
        return f"{self.deputy.name} (deputy)" if self.deputy else "Nobody holds this role now"

    @property
    def also(self) -> str:
        return f"or {self.deputy.name} as deputy" if self.holder and self.deputy else ""


def seals(request: Request, *, user: User, on: dt.date) -> list[Seal]:
    """The signatures of a request in their order; who is asked is looked up for this day."""
    slots = request.slots.select_related("role", "signature")
    is_open = request.state == Request.State.OPEN
    return [_seal(request, slot, user, on, is_open) for slot in slots]


def _seal(request: Request, slot: Slot, user: User, on: dt.date, is_open: bool) -> Seal:
    signature = slot.signature if slot.is_signed else None
    held = holdings(slot.role_id, workload_id=request.workload_id, on=on) if signature is None and is_open else []
    holders = [h.person for h in held if h.person is not None and h.person.is_active]
    deputies = [h.deputy for h in held if h.deputy is not None and h.deputy.is_active]
    holds, deputises = user in holders, user in deputies
    return Seal(
        slot=slot,
        signature=signature,
        holder=user if holds else next(iter(holders), None),
        deputy=user if deputises else next(iter(deputies), None),
        is_yours=user.is_active and (holds or deputises),
        as_deputy=deputises and not holds,
    )


@dataclass(frozen=True)
class Standing:
    """Where a request stands for one reader, in numbers that a page turns into a sentence."""

    seals: list[Seal]

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
    return Standing(seals(request, user=user, on=on))
