"""Targets from proposal to signature, and the reviews that keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from audit.kinds import Kind
from audit.states import Move, Stateful
from people.models import User
from signoffs.models import Request
from workloads.because import unnamed
from workloads.models.register import OPEN_TARGETS, TargetState, Workload
from workloads.models.tiers import Tier


class Classification(Stateful):
    """A tier with its targets, from proposal to signature to the next one that supersedes it."""

    State = TargetState
    OPEN: ClassVar = OPEN_TARGETS
    MOVES: ClassVar[Mapping[str, Move]] = {
        "send": Move((TargetState.PROPOSED,), TargetState.IN_REVIEW, Kind.CLASSIFICATION_SENT),
        "return": Move((TargetState.IN_REVIEW,), TargetState.PROPOSED, Kind.CLASSIFICATION_CHANGED),
        "sign_off": Move((TargetState.IN_REVIEW,), TargetState.SIGNED_OFF, Kind.CLASSIFICATION_SIGNED_OFF),
        "reject": Move((TargetState.IN_REVIEW,), TargetState.REJECTED, Kind.CLASSIFICATION_REJECTED),
        "withdraw": Move(
            (TargetState.PROPOSED, TargetState.IN_REVIEW), TargetState.WITHDRAWN, Kind.CLASSIFICATION_WITHDRAWN
        ),
        "supersede": Move((TargetState.SIGNED_OFF,), TargetState.SUPERSEDED, Kind.CLASSIFICATION_SUPERSEDED),
    }

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="classifications")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+")
    slo = models.DecimalField("SLO, percent", max_digits=7, decimal_places=4)
    rto_seconds = models.PositiveBigIntegerField("RTO, seconds")
    rpo_seconds = models.PositiveBigIntegerField("RPO, seconds")
    reason = models.TextField()
    looser_reason = models.TextField("why looser than the tier", blank=True)
    # What the impact analysis proposed when this was written, and why the team chose something else. None: no analysis.
    suggested_tier = models.ForeignKey(Tier, on_delete=models.PROTECT, null=True, related_name="+")
    suggested_rto_seconds = models.PositiveBigIntegerField("suggested RTO, seconds", null=True)
    suggested_rpo_seconds = models.PositiveBigIntegerField("suggested RPO, seconds", null=True)
    suggested_mtpd_seconds = models.PositiveBigIntegerField("MTPD, seconds", null=True)
    suggested_because = models.TextField("what decided the suggestion", blank=True)
    differs_reason = models.TextField("why other than the analysis suggests", blank=True)
    # What was known to stand against it when it was sent, as the signers saw it (`workloads.gates`).
    findings = models.JSONField("findings when sent", default=list)
    # The same at the newest reaffirmation; None: not reaffirmed since such things are kept.
    reviewed_findings = models.JSONField("findings when reaffirmed", null=True)
    state = models.CharField(max_length=12, choices=TargetState.choices, default=TargetState.PROPOSED)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="proposals")
    request = models.OneToOneField(Request, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    signed_off_at = models.DateTimeField(null=True)
    signed_off_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    review_due_on = models.DateField(null=True)
    # Why a review is due before its interval is over: something material changed (`workloads.because`). Empty: only time passed.
    review_reasons = models.JSONField("why due early", default=list, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["workload"], condition=Q(state__in=["proposed", "in_review"]), name="classification_one_open"
            ),
            models.UniqueConstraint(
                fields=["workload"], condition=Q(state="signed_off"), name="classification_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["rejected", "withdrawn", "superseded"], closed_at__isnull=False, closed_by__isnull=False
                )
                | Q(state__in=["proposed", "in_review", "signed_off"], closed_at__isnull=True, closed_by__isnull=True),
                name="classification_closed_at_by",
            ),
            models.CheckConstraint(
                condition=Q(signed_off_at__isnull=True, signed_off_by__isnull=True, review_due_on__isnull=True)
                | Q(signed_off_at__isnull=False, signed_off_by__isnull=False, review_due_on__isnull=False),
                name="classification_signed_off_at_by",
            ),
            models.CheckConstraint(
                condition=~Q(state="signed_off") | Q(signed_off_at__isnull=False), name="classification_in_force_signed"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["in_review", "signed_off"]) | Q(request__isnull=False),
                name="classification_in_review_has_request",
            ),
            models.CheckConstraint(condition=Q(slo__gt=0, slo__lte=100), name="classification_slo_is_percent"),
        ]
        indexes = [
            models.Index(fields=["workload", "-proposed_at"], name="classification_workload"),
            models.Index(fields=["-proposed_at", "-id"], name="classification_newest"),
            models.Index(fields=["review_due_on"], condition=Q(state="signed_off"), name="classification_review"),
            models.Index(fields=["tier"], condition=Q(state="signed_off"), name="classification_tier"),
        ]

    def __str__(self) -> str:
        return f"{self.workload.name}: tier {self.tier_id}"

    def get_absolute_url(self) -> str:
        return reverse("workloads:classification", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.workload_id}"

    @property
    def review_because(self) -> str:
        """Why it is due early, in words that name no workload; `workloads.queries.because_for` says it to one reader."""
        return unnamed(self.review_reasons)

    @property
    def is_looser(self) -> bool:
        """Looser than the ceiling of its tier in RTO, RPO or SLO."""
        return looser_than(self.tier, slo=self.slo, rto_seconds=self.rto_seconds, rpo_seconds=self.rpo_seconds) != []


def looser_than(tier: Tier, *, slo: object, rto_seconds: int, rpo_seconds: int) -> list[str]:
    """Which of "slo", "rto", "rpo" are looser than the tier allows."""
    found = []
    if tier.slo_floor is not None and slo < tier.slo_floor:  # type: ignore[operator]
        found.append("slo")
    if rto_seconds > tier.rto_seconds:
        found.append("rto")
    if rpo_seconds > tier.rpo_seconds:
        found.append("rpo")
    return found


class Reaffirmation(models.Model):
    """A review that kept the target: one light signature on the document in force."""

    classification = models.ForeignKey(Classification, on_delete=models.PROTECT, related_name="reaffirmations")
    request = models.OneToOneField(Request, on_delete=models.PROTECT, related_name="+")
    was_due_on = models.DateField()
    reaffirmed_at = models.DateTimeField()
    reaffirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    next_due_on = models.DateField()

    class Meta:
        ordering = ["-reaffirmed_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["classification", "was_due_on"], name="reaffirmation_once_per_due_date"),
            models.CheckConstraint(condition=Q(next_due_on__gt=F("was_due_on")), name="reaffirmation_moves_on"),
        ]

    def __str__(self) -> str:
        return f"{self.classification}, reaffirmed {self.reaffirmed_at:%d %b %Y}"
