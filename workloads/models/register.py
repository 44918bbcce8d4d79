"""The register: what we protect, and who may do what with it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import FilteredRelation, Q, Value
from django.db.models.functions import Concat, Left
from django.urls import reverse
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from audit.name_columns import NormalizedField, folded, name_key
from people.columns import NameField
from people.models import Team, User
from people.permissions import PER_WORKLOAD, Permission

# Everything that is searched for words, in one text: one index instead of one for each column.
SAID = Concat(
    "name", Value(" "), "reference", Value(" "), "purpose", Value(" "), "business_unit", output_field=models.TextField()
)
PURPOSE_SORTED = 60  # characters of a purpose that its order goes by: an index does not hold texts of any length


class Lifecycle(models.TextChoices):
    PLANNED = "planned", "planned"
    LIVE = "live", "live"
    RETIRING = "retiring", "being retired"
    RETIRED = "retired", "retired"


class Proof(models.TextChoices):
    """A verdict of the latest drill, as told by the drills above (`workloads.reviews.note_proof`)."""

    MET = "met", "Met"
    MISSED = "missed", "Missed"
    CLAIMED = "claimed", "Claimed"
    UNMEASURED = "unmeasured", "Not measured"


class TargetState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    IN_REVIEW = "in_review", "In review"
    SIGNED_OFF = "signed_off", "Signed"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    SUPERSEDED = "superseded", "Superseded"


OPEN_TARGETS = (TargetState.PROPOSED, TargetState.IN_REVIEW)


class WorkloadQuerySet(models.QuerySet["Workload"]):
    def visible_to(self, user: User) -> WorkloadQuerySet:
        """Workloads this person may see: all with the right, else her teams', those she holds a role for, shared services."""
        if user.may(Permission.VIEW_WORKLOADS):
            return self
        granted = WorkloadUserObjectPermission.objects.filter(
            user=user, permission__codename="view_workload", permission__content_type__app_label="workloads"
        )
        owned = Workload.objects.filter(owner_team__in=user.teams.through.objects.filter(user=user).values("team"))
        shared = Workload.objects.filter(is_shared=True)
        # One set of numbers instead of three conditions: PostgreSQL reads a union from its indexes, an OR row by row.
        more = granted.order_by().values("content_object"), shared.order_by().values("pk")
        return self.filter(pk__in=owned.order_by().values("pk").union(*more))

    def with_targets(self) -> WorkloadQuerySet:
        """Join the classification in force and the open one; at most one row each, by constraint."""
        return self.annotate(
            in_force=FilteredRelation("classifications", condition=Q(classifications__state=TargetState.SIGNED_OFF)),
            open=FilteredRelation("classifications", condition=Q(classifications__state__in=OPEN_TARGETS)),
        )

    def active(self) -> WorkloadQuerySet:
        return self.exclude(lifecycle=Lifecycle.RETIRED)


class Workload(models.Model):
    """Something the organisation runs and must get back: an application, a service, a data store."""

    name = NameField(max_length=120)
    reference = NormalizedField("external reference", max_length=80, blank=True)
    purpose = models.TextField()
    owner_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="workloads")
    business_unit = NormalizedField(max_length=120, blank=True)
    lifecycle = models.CharField(max_length=10, choices=Lifecycle.choices, default=Lifecycle.LIVE)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # Everybody who signs in may see it, so that other teams can say that they need it.
    is_shared = models.BooleanField("shared service", default=False, db_default=False)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # An estimate: once everything it waits for is there. None: nobody has said; then its whole time counts (`workloads.chain`).
    own_rto_seconds = models.PositiveBigIntegerField("own recovery time, seconds", null=True)
    # The newest proof, kept here because every list shows it and drills live above this room.
    proven_on = models.DateField("last drill", null=True)
    # To the second, for what was signed on the same day. None: kept before there was more than the day.
    proven_moment = models.DateTimeField("last drill ended", null=True)
    # The last drill that counts for the interval: one that was finished. A stopped one may be the newest proof all the same.
    drilled_on = models.DateField("last finished drill", null=True)
    proof_rto = models.CharField("RTO in last drill", max_length=10, choices=Proof.choices, default=Proof.UNMEASURED)
    proof_rpo = models.CharField("RPO in last drill", max_length=10, choices=Proof.choices, default=Proof.UNMEASURED)

    # What that drill took, and with which verdict above: a claimed one is a claim (`workloads.chain`).
    measured_rto_seconds = models.PositiveBigIntegerField("RTO measured, seconds", null=True)
    measured_rpo_seconds = models.PositiveBigIntegerField("RPO measured, seconds", null=True)

    # The tier in force, else the one proposed. Kept by a trigger on classifications, never written from here: the register
    # sorts by it, and joining two targets to 10,000 workloads before sorting costs more than the rest of the page.
    tier_now = models.PositiveSmallIntegerField("tier", null=True, editable=False)
    # When the target in force is to be reviewed; None: none is in force. Kept and used in the same way.
    review_on = models.DateField("review due", null=True, editable=False)
    # Where the target stands (see `workloads.queries.register`), the state of the open one beside it, and what is promised.
    state_now = models.CharField("target", max_length=10, default="none", db_default="none", editable=False)
    open_now = models.CharField("open target", max_length=10, default="", db_default="", blank=True, editable=False)
    rto_now = models.PositiveBigIntegerField("RTO, seconds", null=True, editable=False)
    rpo_now = models.PositiveBigIntegerField("RPO, seconds", null=True, editable=False)

    objects = WorkloadQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(name_key("name"), name="workload_name_once"),
            models.UniqueConstraint(fields=["reference"], condition=~Q(reference=""), name="workload_reference_once"),
        ]
        indexes = [
            models.Index(fields=["owner_team", "name"], name="workload_team"),
            models.Index(fields=["name", "id"], name="workload_by_name"),
            models.Index(fields=["tier_now", "name", "id"], name="workload_by_tier"),
            models.Index(fields=["review_on", "name", "id"], name="workload_by_review"),
            models.Index(
                fields=["tier_now", "name", "id"], condition=Q(proven_on__isnull=True), name="workload_unproven"
            ),
            models.Index(fields=["state_now", "name", "id"], name="workload_by_state"),
            models.Index(fields=["rto_now", "rpo_now", "name", "id"], name="workload_by_target"),
            models.Index(fields=["proof_rto", "name", "id"], name="workload_by_proof"),
            models.Index(fields=["proven_on", "name", "id"], name="workload_by_proven"),
            models.Index(Left("purpose", PURPOSE_SORTED), "name", "id", name="workload_by_purpose"),
            models.Index(fields=["open_now"], condition=~Q(open_now=""), name="workload_open"),
            models.Index(fields=["lifecycle"], condition=~Q(lifecycle="live"), name="workload_not_live"),
            models.Index(fields=["id"], condition=Q(is_shared=True), name="workload_shared"),
            GinIndex(OpClass(folded("name"), name="gin_trgm_ops"), name="workload_name_search"),
            GinIndex(OpClass(folded(SAID), name="gin_trgm_ops"), name="workload_said"),
            GinIndex(OpClass(folded("reference"), name="gin_trgm_ops"), name="workload_reference_search"),
            GinIndex(fields=["tags"], name="workload_tags"),
        ]
        permissions = [
            ("propose_tier", "Propose, send and withdraw a tier"),
            ("review_tier", "Reaffirm a target"),
            ("answer_impact", "Answer the impact analysis"),
            ("schedule_drill", "Schedule, change and cancel drills"),
            ("run_drill", "Start drills, record times, finish"),
            ("open_campaign", "Open review campaigns and nudge"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workloads:workload", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.pk}"


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
