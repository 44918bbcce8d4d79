"""Reviews of targets in force: what makes one due before its interval is over, and the signature that keeps the target."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import Prefetch, Q

from audit.errors import NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import Actor, record_many
from people.models import Role, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, Permission
from people.proof import IdentityProof
from people.queries import acts_in_role
from signoffs import services as signoffs
from signoffs.models import Signature
from workloads.because import Kept, Why, kept
from workloads.gates.known import Known
from workloads.gates.known import kept as known_kept
from workloads.gates.queries import against
from workloads.models import Classification, Proof, Reaffirmation, SigningRule, Workload
from workloads.services import lock
from workloads.signing import REAFFIRMATION, classification_document

REAFFIRM_MEANING = "I have looked at this target again and it still meets the need of the business."
BATCH = 1000
DAY = dt.timedelta(days=1)


def make_review_due(*, workload: Workload, why: Why, by: Actor, at: dt.datetime) -> Classification | None:
    """As `make_reviews_due`, for one workload; its target, None when nothing came of it."""
    return next(iter(make_reviews_due(because={workload.pk: why}, by=by, at=at)), None)


@transaction.atomic
def make_reviews_due(*, because: Mapping[int, Why], by: Actor, at: dt.datetime) -> Sequence[Classification]:
    """Let the reviews of targets in force be due today: for each workload (by number) `because` has what changed.

    Asks for no right: it follows from another deed, whose service asked. A review that is due already keeps its day and says
    the new reason too. Nothing comes of it where no target is in force, where it is due for this very reason already, and
    where somebody signed later. Returns the targets that are due now.
    """
    today = organisation_today(at)
    signed = Prefetch(
        "reaffirmations",
        Reaffirmation.objects.filter(Q(reaffirmed_at__gt=at) | Q(was_due_on__gte=today)),
        to_attr="of_late",
    )
    in_force = Classification.objects.filter(workload__in=because, state=Classification.State.SIGNED_OFF)
    targets = in_force.select_related("workload", "tier").prefetch_related(signed)
    lines = []
    for target in targets.select_for_update(of=("self",), no_key=True).order_by("pk"):
        before = _trailed(target)
        if _fell_due(target, kept(because[target.workload_id]), today, at):
            lines.append((target, before, _trailed(target)))
    moved = [target for target, _, _ in lines]
    Classification.objects.bulk_update(moved, ["review_due_on", "review_reasons"], batch_size=BATCH)
    record_many(Kind.CLASSIFICATION_MADE_DUE, lines, by=by, at=at)
    return moved


def _trailed(target: Classification) -> dict[str, object]:
    """Whoever reads the trail of the workload reads this: no name of another one."""
    return {"review_due": target.review_due_on, "because": target.review_because}


def _fell_due(target: Classification, why: Kept, today: dt.date, at: dt.datetime) -> bool:
    """Write the day and the reason on the target; whether that changed anything."""
    was_due, said = target.review_due_on, target.review_reasons
    if was_due is None or _signed_after(target, at):
        return False
    target.review_due_on = min(was_due, _free_day(target, today))
    target.review_reasons = said if why in said else [*said, why]
    return (target.review_due_on, target.review_reasons) != (was_due, said)


def _signed_after(target: Classification, at: dt.datetime) -> bool:
    """Whether it was signed or reaffirmed later than this happened: who signed knew it, or could have."""
    if target.signed_off_at is not None and target.signed_off_at > at:
        return True
    return any(given.reaffirmed_at > at for given in _of_late(target))


def _free_day(target: Classification, today: dt.date) -> dt.date:
    """Today, else the first day on which no review of this target has been due: each due date is reaffirmed once."""
    given = {reaffirmed.was_due_on for reaffirmed in _of_late(target)}
    while today in given:
        today += DAY
    return today


def _of_late(target: Classification) -> list[Reaffirmation]:
    return target.of_late  # type: ignore[attr-defined, no-any-return]  # prefetched


@transaction.atomic
def reaffirm(
    *,
    classification: Classification,
    by: User,
    at: dt.datetime,
    proof: IdentityProof | None,
    digest: str,
    known: Sequence[Known] | None = None,
    due_on: dt.date | None = None,
) -> Signature:
    """Keep the target in force for another interval: one light signature by the business stakeholder.

    `known` is what stands against it today, where that has been asked for many targets already. `due_on` is the review that is
    answered, as it was read; without it the one due now. Raises DocumentChanged when
    the workload's description is no longer the one that was shown, WrongState when the target is no longer in force or this
    review was given meanwhile (a double click), NotAllowed, NeedsProof.
    """
    by.require(Permission.REVIEW, on=classification.workload)
    reviewed = due_on or classification.review_due_on
    lock(classification)
    if classification.state != Classification.State.SIGNED_OFF:
        raise WrongState("This target is no longer in force. Open the workload to see the present one.")
    if classification.review_due_on != reviewed:
        raise WrongState("This target has been reaffirmed just now. Its next review is on the workload's page.")
    role = reviewing_role(classification, by, organisation_today(at))
    if role is None:
        raise NotAllowed("Only those who sign targets of this tier can reaffirm one. Ask the business stakeholder.")
    request = signoffs.request_signatures(
        subject_type=REAFFIRMATION,
        subject_id=classification.pk,
        workload_id=classification.workload_id,
        thread=classification.trail_thread,
        document=classification_document(classification),
        slots=[(role, REAFFIRM_MEANING)],
        previous=classification.request,
        due_on=None,
        by=by,
        at=at,
        four_eyes=False,
    )
    signature = signoffs.sign(request=request, by=by, at=at, proof=proof, digest=digest)
    known = against(classification, today=organisation_today(at), viewer=by) if known is None else known
    Classification.objects.filter(pk=classification.pk).update(reviewed_findings=known_kept(known))
    return signature


def reviewing_role(classification: Classification, user: User, on: dt.date) -> Role | None:
    """In which role this person may reaffirm: as business stakeholder where she is one, else as another of its signers."""
    rules = SigningRule.objects.filter(tier=classification.tier_id).select_related("role").order_by("position", "id")
    roles = sorted((rule.role for rule in rules), key=lambda role: role.pk != BUSINESS_STAKEHOLDER)
    mine = (role for role in roles if acts_in_role(user, role.pk, workload_id=classification.workload_id, on=on))
    return next(mine, None)


@transaction.atomic
def note_proof(
    *,
    workload: Workload,
    proven_on: dt.date,
    rto: Proof,
    rpo: Proof,
    rto_seconds: int | None = None,
    rpo_seconds: int | None = None,
    counts: bool = True,
    by: User,
    at: dt.datetime,
) -> None:
    """Remember verdict and seconds of the newest drill; called by the drill that ended, which writes the trail line.

    `at` is when it ended. A missed promise makes the review of the target due at once. One that was stopped does not count for
    the interval in which the workload is to be drilled (`counts=False`).
    """
    missed = " and ".join(name for name, verdict in (("RTO", rto), ("RPO", rpo)) if verdict == Proof.MISSED)
    # Before the workload's row: every deed on targets locks the target first.
    if missed and not Workload.objects.filter(pk=workload.pk, proven_on__gt=proven_on).exists():
        why = f"The drill of {proven_on:%-d %b %Y} missed the {missed}."
        make_review_due(workload=workload, why=why, by=by, at=at)
    newer = Q(proven_on__gt=proven_on) | Q(proven_on=proven_on, proven_moment__isnull=False, proven_moment__gt=at)
    Workload.objects.filter(~newer, pk=workload.pk).update(
        proven_on=proven_on,
        proven_moment=at,
        proof_rto=rto,
        proof_rpo=rpo,
        measured_rto_seconds=rto_seconds,
        measured_rpo_seconds=rpo_seconds,
    )
    if counts:
        older = Q(drilled_on__isnull=True) | Q(drilled_on__lt=proven_on)
        Workload.objects.filter(older, pk=workload.pk).update(drilled_on=proven_on)
