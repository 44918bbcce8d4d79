from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Lower, Upper
from django.urls import reverse
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from audit.kinds import Kind
from audit.states import Move, Stateful
from people.models import Role, Team, User
from people.permissions import PER_WORKLOAD, Permission
from signoffs.models import Request


class Tier(models.Model):
    """How critical: 0 is the most critical. Shipped from domain section 2; an administrator may edit it.

    `rto_seconds` and `rpo_seconds` are ceilings: a looser target needs a reason. `slo_floor` is percent, None where any will do.
    """

    level = models.PositiveSmallIntegerField(primary_key=True)
    name = models.CharField(max_length=60, unique=True)
    slo_words = models.CharField("SLO in words", max_length=40)
    slo_floor = models.DecimalField("SLO at least, percent", max_digits=7, decimal_places=4, null=True, blank=True)
    rto_seconds = models.PositiveBigIntegerField("RTO at most, seconds")
    rpo_seconds = models.PositiveBigIntegerField("RPO at most, seconds")
    typical_systems = models.CharField(max_length=200)
    usual_strategy = models.CharField(max_length=200)
    cost_levers = models.TextField()
    review_days = models.PositiveSmallIntegerField("review every, days", default=90)
    drill_days = models.PositiveSmallIntegerField("drill every, days", default=365)

    class Meta:
        ordering = ["level"]
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(condition=Q(review_days__gte=1, drill_days__gte=1), name="tier_intervals_positive"),
            models.CheckConstraint(
                condition=Q(slo_floor__isnull=True) | Q(slo_floor__gt=0, slo_floor__lt=100), name="tier_slo_is_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"Tier {self.level} · {self.name}"


class SigningRule(models.Model):
    """Who signs a target of this tier, and what the signature means. Shipped, editable."""

    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="signing_rules")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    meaning = models.CharField("by signing she says", max_length=300)
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["tier", "position"]
        constraints = [models.UniqueConstraint(fields=["tier", "role"], name="signing_rule_once")]

    def __str__(self) -> str:
        return f"{self.tier}: {self.role}"


class Lifecycle(models.TextChoices):
    PLANNED = "planned", "planned"
    LIVE = "live", "live"
    RETIRING = "retiring", "being retired"
    RETIRED = "retired", "retired"


class Proof(models.TextChoices):
    """A verdict of the latest drill, as told by the drills above (`workloads.services.note_proof`)."""

    MET = "met", "Met"
    MISSED = "missed", "Missed"
    CLAIMED = "claimed", "Claimed"
    UNMEASURED = "unmeasured", "Not measured"


class WorkloadQuerySet(models.QuerySet["Workload"]):
    def visible_to(self, user: User) -> WorkloadQuerySet:
        """Workloads this person may see: all with the right, else her teams' and those she holds a role for."""
        if user.may(Permission.VIEW_WORKLOADS):
            return self
        granted = WorkloadUserObjectPermission.objects.filter(
            user=user, permission__codename="view_workload", permission__content_type__app_label="workloads"
        )
        return self.filter(
            Q(owner_team__in=user.teams.through.objects.filter(user=user).values("team"))
            | Q(pk__in=granted.values("content_object"))
        )

    def with_targets(self) -> WorkloadQuerySet:
        """Join the classification in force and the open one; at most one row each, by constraint."""
        return self.annotate(
            in_force=FilteredRelation(
                "classifications", condition=Q(classifications__state=Classification.State.SIGNED_OFF)
            ),
            open=FilteredRelation("classifications", condition=Q(classifications__state__in=Classification.OPEN)),
        )

    def active(self) -> WorkloadQuerySet:
        return self.exclude(lifecycle=Lifecycle.RETIRED)


class Workload(models.Model):
    """Something the organisation runs and must get back: an application, a service, a data store."""

    name = models.CharField(max_length=120)
    reference = models.CharField("external reference", max_length=80, blank=True)
    purpose = models.TextField()
    owner_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="workloads")
    business_unit = models.CharField(max_length=120, blank=True)
    lifecycle = models.CharField(max_length=10, choices=Lifecycle.choices, default=Lifecycle.LIVE)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # The newest proof, kept here because every list shows it and drills live above this room.
    proven_on = models.DateField("last drill", null=True)
    proof_rto = models.CharField("RTO in last drill", max_length=10, choices=Proof.choices, default=Proof.UNMEASURED)
    proof_rpo = models.CharField("RPO in last drill", max_length=10, choices=Proof.choices, default=Proof.UNMEASURED)

    # The tier in force, else the one proposed. Kept by a trigger on classifications, never written from here: the register
    # sorts by it, and joining two targets to 10,000 workloads before sorting costs more than the rest of the page.
    tier_now = models.PositiveSmallIntegerField("tier", null=True, editable=False)

    objects = WorkloadQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="workload_name_once"),
            models.UniqueConstraint(fields=["reference"], condition=~Q(reference=""), name="workload_reference_once"),
        ]
        indexes = [
            models.Index(fields=["owner_team", "name"], name="workload_team"),
            models.Index(fields=["name", "id"], name="workload_by_name"),
            models.Index(fields=["tier_now", "name", "id"], name="workload_by_tier"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="workload_name_search"),
            GinIndex(OpClass(Upper("purpose"), name="gin_trgm_ops"), name="workload_purpose_search"),
            GinIndex(OpClass(Upper("reference"), name="gin_trgm_ops"), name="workload_reference_search"),
            GinIndex(fields=["tags"], name="workload_tags"),
        ]
        permissions = [
            ("propose_tier", "Propose, send and withdraw a tier"),
            ("review_tier", "Reaffirm a target"),
            ("schedule_drill", "Schedule, change and cancel drills"),
            ("run_drill", "Start drills, record times, finish"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workloads:workload", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.pk}"


class Classification(Stateful):
    """A tier with its targets, from proposal to signature to the next one that supersedes it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        IN_REVIEW = "in_review", "In review"
        SIGNED_OFF = "signed_off", "Signed"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"
        SUPERSEDED = "superseded", "Superseded"

    OPEN: ClassVar = (State.PROPOSED, State.IN_REVIEW)
    MOVES: ClassVar[Mapping[str, Move]] = {
        "send": Move((State.PROPOSED,), State.IN_REVIEW, Kind.CLASSIFICATION_SENT),
        "return": Move((State.IN_REVIEW,), State.PROPOSED, Kind.CLASSIFICATION_CHANGED),
        "sign_off": Move((State.IN_REVIEW,), State.SIGNED_OFF, Kind.CLASSIFICATION_SIGNED_OFF),
        "reject": Move((State.IN_REVIEW,), State.REJECTED, Kind.CLASSIFICATION_REJECTED),
        "withdraw": Move((State.PROPOSED, State.IN_REVIEW), State.WITHDRAWN, Kind.CLASSIFICATION_WITHDRAWN),
        "supersede": Move((State.SIGNED_OFF,), State.SUPERSEDED, Kind.CLASSIFICATION_SUPERSEDED),
    }

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="classifications")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+")
    slo = models.DecimalField("SLO, percent", max_digits=7, decimal_places=4)
    rto_seconds = models.PositiveBigIntegerField("RTO, seconds")
    rpo_seconds = models.PositiveBigIntegerField("RPO, seconds")
    reason = models.TextField()
    looser_reason = models.TextField("why looser than the tier", blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="proposals")
    request = models.OneToOneField(Request, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    signed_off_at = models.DateTimeField(null=True)
    signed_off_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    review_due_on = models.DateField(null=True)

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


class WorkloadUserObjectPermission(UserObjectPermissionBase):
    """Rights on one workload (django-guardian with a direct foreign key). Laid down from the role assignments."""

    content_object = models.ForeignKey(Workload, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        default_permissions = ()


class WorkloadGroupObjectPermission(GroupObjectPermissionBase):
    """Guardian asks for both tables; the portal gives no rights to groups."""

    content_object = models.ForeignKey(Workload, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        default_permissions = ()


RIGHTS_ON_A_WORKLOAD = sorted(p.value.removeprefix("workloads.") for p in PER_WORKLOAD)


def next_review(tier: Tier, from_on: dt.date) -> dt.date:
    """When a target that was signed or reaffirmed on `from_on` is looked at again."""
    return from_on + dt.timedelta(days=tier.review_days)


IMPORT_KEPT_FOR = dt.timedelta(hours=1)


class PendingImport(models.Model):
    """The very bytes that a report was made from, with the report; for an hour, for one person. Deleted when imported."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField("file name", max_length=120)
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    report = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="import_expires_later")]
        indexes = [models.Index(fields=["expires_at"], name="import_expiry")]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_thread(self) -> str:
        return "register"
