"""How targets answer to sign-offs: what is frozen, and what follows from the last signature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from audit.kinds import Kind
from audit.services import record
from audit.states import change_state
from people.models import User, organisation_today
from people.wording import duration
from signoffs.documents import document
from signoffs.models import Request
from signoffs.subjects import Notice
from workloads import telling
from workloads.gates.known import read
from workloads.gates.known import texts as known_texts
from workloads.gates.notices import notices
from workloads.gates.queries import against
from workloads.gates.unconfirmed import CRITICAL, unconfirmed_signer
from workloads.impact.targets import differs_said, suggestion_facts, suggestion_texts
from workloads.models import Classification, Reaffirmation, Tier, Workload, next_review
from workloads.queries import classifications_for, target_waived_until

CLASSIFICATION = "workloads.classification"
REAFFIRMATION = "workloads.reaffirmation"


def classification_document(classification: Classification) -> dict[str, Any]:
    """What the signers see and sign; everything in it is frozen with them."""
    workload, tier = classification.workload, classification.tier
    return document(
        title=f"{workload.name}: target for recovery",
        summary=promise(classification),
        facts=[
            ("workload", "Workload", workload.name),
            ("reference", "Reference", workload.reference or "–"),
            ("purpose", "Purpose", workload.purpose),
            ("owner", "Owner team", workload.owner_team.name),
            ("unit", "Business unit", workload.business_unit or "–"),
            ("tier", "Tier", str(tier)),
            ("slo", "SLO", f"{percent(classification.slo)} %"),
            ("rto", "RTO, longest downtime", duration(classification.rto_seconds)),
            ("rpo", "RPO, longest data loss", duration(classification.rpo_seconds)),
            *_own_time(workload),
            ("ceiling", "Tier allows at most", f"{duration(tier.rto_seconds)} / {duration(tier.rpo_seconds)}"),
            ("proposer", "Proposed by", classification.proposed_by.name),
            *_signed_how(tier),
            *suggestion_facts(classification),
        ],
        texts=[
            ("reason", "Why", classification.reason),
            ("looser", "Why looser than the tier allows", classification.looser_reason),
            *suggestion_texts(classification),
            *known_texts(classification.findings),
        ],
    )


def _own_time(workload: Workload) -> list[tuple[str, str, str]]:
    """What the chain rests on where a team has estimated it. Without it the document stays as it was before there was one."""
    if workload.own_rto_seconds is None:
        return []
    return [("own", "Own recovery time, estimated", duration(workload.own_rto_seconds))]


def _signed_how(tier: Tier) -> list[tuple[str, str, str]]:
    """Where the rule of distinct signers is relaxed; else the document stays as it was before it could be."""
    if tier.distinct_signers:
        return []
    return [("signers", "Signatures", "One person may sign in several roles: for this tier the rule is relaxed")]


def promise(classification: Classification) -> str:
    """The answer of a page in one sentence."""
    rto, rpo = duration(classification.rto_seconds), duration(classification.rpo_seconds)
    lost = "No data lost." if classification.rpo_seconds == 0 else f"At most {rpo} of data lost."
    return f"Back within {rto}. {lost}"


def percent(slo: Any) -> str:
    """An SLO without trailing noughts: 99.95. The same for 100, 100.0 and 100.0000."""
    said = f"{slo:f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


class ClassificationSubject:
    def _get(self, subject_id: int) -> Classification:
        related = ("workload__owner_team", "tier", "proposed_by")
        return Classification.objects.select_related(*related).get(pk=subject_id)

    def document(self, subject_id: int) -> dict[str, Any]:
        return classification_document(self._get(subject_id))

    def address(self, subject_id: int) -> str:
        return reverse("workloads:classification", args=[subject_id])

    def visible_ids(self, user: User) -> QuerySet[Any, Any]:
        return classifications_for(user).values("pk")

    def notices(self, request: Request, *, user: User, on: dt.date) -> list[Notice]:
        """Why it is other than suggested, what was known when it was sent, and what has changed since."""
        target = self._get(request.subject_id)
        said = differs_said(target)
        differs = [Notice("Other than the impact analysis suggests", said)] if said else []
        unconfirmed = unconfirmed_signer(request, user, tier=target.tier_id, on=on)
        return unconfirmed + differs + notices(read(target.findings), against(target, today=on, viewer=user))

    def needs_confirmed_signers(self, subject_id: int) -> bool:
        return self._get(subject_id).tier_id <= CRITICAL

    def waived_until(self, subject_ids: Collection[int], *, on: dt.date) -> dict[int, dt.date]:
        found = Classification.objects.filter(pk__in=subject_ids).annotate(waived_until=target_waived_until(on))
        return dict(found.filter(waived_until__isnull=False).values_list("pk", "waived_until"))

    def completed(self, request: Request, *, by: User, at: dt.datetime) -> None:
        """The new target comes into force; the one before it is superseded first, so that there is never a second one."""
        classification = self._get(request.subject_id)
        before = Classification.objects.filter(
            workload=classification.workload, state=Classification.State.SIGNED_OFF
        ).first()
        if before is not None:
            change_state(before, "supersede", by=by, at=at, closed_at=at, closed_by=by)
        due = next_review(classification.tier, organisation_today(at))
        change_state(
            classification,
            "sign_off",
            by=by,
            at=at,
            after={"review_due": due},
            signed_off_at=at,
            signed_off_by=by,
            review_due_on=due,
        )
        telling.signed_off(classification, request, by=by, at=at)

    def rejected(self, request: Request, *, by: User, at: dt.datetime, reason: str) -> None:
        classification = self._get(request.subject_id)
        change_state(classification, "reject", by=by, at=at, after={"reason": reason}, closed_at=at, closed_by=by)
        telling.rejected(classification, request, by=by, at=at, reason=reason)

    def voided(self, request: Request, *, by: User, at: dt.datetime) -> None:
        """Back to the proposer: the request is void, the proposal is not."""
        classification = self._get(request.subject_id)
        change_state(classification, "return", by=by, at=at, after={"why": "the document changed"}, request=None)
        # Now that it is a draft again: of what was sent, the database keeps even the findings.
        Classification.objects.filter(pk=classification.pk).update(findings=[])
        telling.voided(classification, request, by=by, at=at)


class ReaffirmationSubject:
    """A review: the document in force, signed once more."""

    def document(self, subject_id: int) -> dict[str, Any]:
        return ClassificationSubject().document(subject_id)

    def address(self, subject_id: int) -> str:
        return ClassificationSubject().address(subject_id)

    def visible_ids(self, user: User) -> QuerySet[Any, Any]:
        return ClassificationSubject().visible_ids(user)

    def notices(self, request: Request, *, user: User, on: dt.date) -> list[Notice]:
        return []  # it is shown and signed on a page of its own

    def needs_confirmed_signers(self, subject_id: int) -> bool:
        return False

    def waived_until(self, subject_ids: Collection[int], *, on: dt.date) -> dict[int, dt.date]:
        return ClassificationSubject().waived_until(subject_ids, on=on)

    def completed(self, request: Request, *, by: User, at: dt.datetime) -> None:
        classification = Classification.objects.select_related("workload__owner_team", "tier").get(
            pk=request.subject_id
        )
        was_due = classification.review_due_on
        if was_due is None:  # the database holds a due date for every target in force
            raise AssertionError(f"{classification} is in force without a due date")
        # Never before the old date: reaffirming twice on one day, or early, must not shorten the interval.
        due = max(next_review(classification.tier, organisation_today(at)), was_due + dt.timedelta(days=1))
        Reaffirmation.objects.create(
            classification=classification,
            request=request,
            was_due_on=was_due,
            next_due_on=due,
            reaffirmed_at=at,
            reaffirmed_by=by,
        )
        Classification.objects.filter(pk=classification.pk).update(review_due_on=due, review_reasons=[])
        record(
            Kind.CLASSIFICATION_REAFFIRMED,
            classification,
            by=by,
            at=at,
            before={"review_due": was_due},
            after={"review_due": due},
        )
        telling.reaffirmed(classification, due=due, by=by, at=at)

    def rejected(self, request: Request, *, by: User, at: dt.datetime, reason: str) -> None:
        raise AssertionError("a reaffirmation is asked for and signed in one deed; it cannot be rejected")

    def voided(self, request: Request, *, by: User, at: dt.datetime) -> None:
        raise AssertionError("a reaffirmation is asked for and signed in one deed; it cannot become void")
