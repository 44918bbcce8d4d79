"""Asking for signatures, giving and refusing them.

Every deed locks the request's row first and everything else after it; deeds of the rooms above that touch both (withdrawing
a classification, say) keep the same order, so that nothing can deadlock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from audit.errors import DeedError, Invalid, NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import record
from audit.states import change_state
from people.models import Role, User, organisation_today
from people.proof import IdentityProof, check_proof
from people.queries import acts_in_role, holdings, is_unconfirmed
from signoffs import eligibility
from signoffs.documents import digest as digest_of
from signoffs.documents import plain_text
from signoffs.matching import Terms
from signoffs.models import Request, Signature, Slot
from signoffs.subjects import Notice, subject_of


class DocumentChanged(DeedError):
    """What was shown is not what would be signed."""

    status = 409
    code = "document-changed"


class InTheWay(DeedError):
    """Something came up after this was sent that keeps it from being signed; the request stays open."""

    status = 409
    code = "blocked"

    def __init__(self, blocking: Sequence[Notice]) -> None:
        said = " ".join(f"{number}. {one.title}. {one.text}" for number, one in enumerate(blocking, start=1))
        counted = "One thing stands" if len(blocking) == 1 else f"{len(blocking)} things stand"
        super().__init__(
            f"{counted} in the way, so nobody can sign this now. Mended or waived, it can be signed as it is; else reject it, "
            f"or have it withdrawn. {said}"
        )
        self.extra = {"findings": [{"title": one.title, "detail": one.text} for one in blocking]}


@transaction.atomic
def request_signatures(
    *,
    subject_type: str,
    subject_id: int,
    workload_id: int | None,
    thread: str,
    document: dict[str, Any],
    slots: Sequence[tuple[Role, str]],
    previous: Request | None,
    due_on: dt.date | None,
    by: User,
    at: dt.datetime,
    four_eyes: bool = True,
    proposed_by: User | None = None,
    proposer_may_sign: bool = True,
    one_per_person: bool = True,
) -> Request:
    """Freeze `document` and ask for one signature per (role, meaning). Raises Invalid when they cannot all be given.

    `proposed_by` is whose proposal it is, where that is not who asks: she is never its only signer (`four_eyes`), or none at
    all. The right to ask belongs to the subject's own service, which calls this one.
    """
    proposer = by if proposed_by is None else proposed_by
    terms = Terms(proposer.pk, proposer_may_sign, four_eyes, one_per_person)
    roles = [role for role, _ in slots]
    signers = eligibility.of_roles(roles, workload_id=workload_id, terms=terms, on=organisation_today(at))
    if signers.gaps:
        raise Invalid(" ".join(f"{gap.title}. {gap.detail}" for gap in signers.gaps))
    request = Request.objects.create(
        subject_type=subject_type,
        subject_id=subject_id,
        workload_id=workload_id,
        thread=thread,
        title=document["title"],
        document=document,
        text=plain_text(document),
        digest=digest_of(document),
        previous=previous,
        requested_at=at,
        requested_by=by,
        due_on=due_on,
        proposed_by=proposer,
        four_eyes=four_eyes,
        proposer_may_sign=proposer_may_sign,
        one_per_person=one_per_person,
    )
    Slot.objects.bulk_create(
        Slot(request=request, role=role, meaning=meaning, position=position)
        for position, (role, meaning) in enumerate(slots, start=1)
    )
    after = {"digest": request.digest, "roles": [role.name for role, _ in slots], "due": due_on}
    record(Kind.SIGNATURE_REQUESTED, request, by=by, at=at, after=after)
    return request


def sign(
    *, request: Request, by: User, at: dt.datetime, proof: IdentityProof | None, digest: str, role: str = ""
) -> Signature:
    """Sign as yourself, in `role` or that of the roles asked for which leaves the others to somebody else.

    `digest` is that of the document the signer saw. Raises NeedsProof, NotAllowed, WrongState (she has signed), Invalid (nobody
    would be left for another role of hers), InTheWay, and DocumentChanged after voiding the request when the subject is no
    longer what was frozen.
    """
    signature = _sign(request, by, at, proof, digest, role)
    if signature is None:
        raise DocumentChanged(
            "This changed while it was out for signature, so the request is void. The proposer has been told and can send "
            "the new version."
        )
    return signature


@transaction.atomic
def _sign(
    request: Request, by: User, at: dt.datetime, proof: IdentityProof | None, digest: str, role: str
) -> Signature | None:
    request = _locked(request)
    slot = _slot_for(request, by, at, role)
    proof = check_proof(proof, at)
    if digest != request.digest:
        raise DocumentChanged("You saw another version of this document. Read it again, then sign.")
    subject = subject_of(request.subject_type)
    if digest_of(subject.document(request.subject_id)) != request.digest:
        void(request=request, by=by, at=at)
        return None
    blocking = [one for one in subject.notices(request, user=by, on=organisation_today(at)) if one.blocks]
    if blocking:
        raise InTheWay(blocking)
    held = holdings(slot.role_id, workload_id=request.workload_id, on=organisation_today(at))
    if subject.needs_confirmed_signers(request.subject_id) and is_unconfirmed(held, by):
        raise NotAllowed(
            f"No second person has confirmed yet that you hold the role {slot.role.name}. Ask for that first."
        )
    signature = Signature.objects.create(
        slot=slot,
        request=request,
        one_per_person=request.one_per_person,
        signer=by,
        printed_name=by.name,
        printed_role=_printed_role(slot, by, at),
        meaning=slot.meaning,
        signed_at=at,
        method=proof.method,
        digest=request.digest,
    )
    after = {"role": signature.printed_role, "meaning": slot.meaning, "method": proof.method, "digest": request.digest}
    record(Kind.SIGNATURE_GIVEN, signature, by=by, at=at, after=after)
    if request.signatures.count() == request.slots.count():
        change_state(request, "complete", by=by, at=at, closed_at=at, closed_by=by)
        subject.completed(request, by=by, at=at)
    return signature


@transaction.atomic
def reject(*, request: Request, by: User, at: dt.datetime, proof: IdentityProof | None, reason: str) -> None:
    """Refuse to sign, with a reason that the proposer and the other signers read. One refusal ends the request."""
    request = _locked(request)
    _slot_for(request, by, at, "")
    check_proof(proof, at)
    reason = reason.strip()
    if not reason:
        raise Invalid("Write why, so that the proposer knows what to change.", {"reason": "Write why you do not sign."})
    change_state(
        request, "reject", by=by, at=at, after={"reason": reason}, closed_at=at, closed_by=by, closing_reason=reason
    )
    subject_of(request.subject_type).rejected(request, by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(*, request: Request, by: User, at: dt.datetime) -> None:
    """Take a request back; called by the subject's own service, which knows who may. Raises WrongState."""
    change_state(_locked(request), "withdraw", by=by, at=at, closed_at=at, closed_by=by)


@transaction.atomic
def void(*, request: Request, by: User, at: dt.datetime) -> None:
    """Make a request void because its subject changed, and tell the subject. Raises WrongState."""
    request = _locked(request)
    change_state(request, "void", by=by, at=at, closed_at=at, closed_by=by, closing_reason="The document changed.")
    subject_of(request.subject_type).voided(request, by=by, at=at)


def void_if_changed(*, request: Request, by: User, at: dt.datetime) -> bool:
    """Void an open request whose subject no longer matches; called by deeds that change what a document shows."""
    if request.state != Request.State.OPEN:
        return False
    if digest_of(subject_of(request.subject_type).document(request.subject_id)) == request.digest:
        return False
    void(request=request, by=by, at=at)
    return True


def _locked(request: Request) -> Request:
    """The request, its row locked for this transaction. Raises WrongState when it is closed."""
    fresh = Request.objects.select_for_update().get(pk=request.pk)
    if fresh.state != Request.State.OPEN:
        raise WrongState(
            f"This request is {fresh.get_state_display().lower()} already. Nothing more can be signed on it."
        )
    return fresh


def _slot_for(request: Request, by: User, at: dt.datetime, role: str) -> Slot:
    """The open slot this person may fill.

    Raises NotAllowed (not hers, or her own proposal), WrongState (it is signed) or Invalid (another of hers has to be filled
    by her).
    """
    today = organisation_today(at)
    slots: list[Slot] = [s for s in request.slots.select_related("role", "signature") if not role or s.role_id == role]
    mine = [s for s in slots if by.is_active and acts_in_role(by, s.role_id, workload_id=request.workload_id, on=today)]
    if not mine:
        raise NotAllowed("Your signature is not asked for here. Nobody can sign for somebody else.")
    given = request.signatures.filter(signer=by).first() if request.one_per_person else None
    if given is not None:
        raise WrongState(
            f"You have signed this already, as {given.printed_role}. Each signature here is another person's: your deputy or a "
            "substitute signs in your other role."
        )
    still_open = {s.role_id: s for s in mine if not s.is_signed}
    if not still_open:
        raise WrongState("This has been signed in your role already.")
    signers = eligibility.of_request(request, on=today)
    chosen = role or signers.role_for(by) or next(iter(still_open))
    if by.pk not in signers.candidates[chosen]:
        raise NotAllowed(_OWN[request.proposer_may_sign])
    if (instead := signers.role_instead(chosen, by)) is not None:
        said = f"Sign as {signers.roles[instead].name} instead: a person signs once, and nobody else is left for that role."
        raise Invalid(said, {"role": said})
    return still_open[chosen]


_OWN = {
    True: "You proposed this and would be its only signer. Somebody else has to sign in your place.",
    False: "You proposed this, so others sign it. Your deputy or a substitute signs in your role.",
}


def _printed_role(slot: Slot, by: User, at: dt.datetime) -> str:
    held = holdings(slot.role_id, workload_id=slot.request.workload_id, on=organisation_today(at))
    is_holder = any(h.person is not None and h.person.pk == by.pk for h in held)
    printed = slot.role.name if is_holder else f"{slot.role.name} (deputy)"
    return f"{printed} (unconfirmed)" if is_unconfirmed(held, by) else printed
