from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone

from audit.kinds import Kind
from audit.name_columns import folded
from audit.states import Move, Stateful
from drills import verdict
from people.models import User, organisation_today
from people.permissions import Permission
from workloads.models import Classification, Proof, Workload
from workloads.stand_ins import left_to

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class DrillKind(models.TextChoices):
    TABLETOP = "tabletop", "tabletop"
    FUNCTIONAL = "functional", "functional"
    LIMITED_FAILOVER = "limited-failover", "limited failover"
    FULL_FAILOVER = "full-failover", "full failover"
    RESTORE = "restore", "restore"
    COMMUNICATION = "communication", "communication"

    @property
    def measures(self) -> bool:
        """Whether such a drill recovers anything, so that its times can prove a target and it counts for the interval."""
        return self in MEASURING


MEASURING = (DrillKind.FUNCTIONAL, DrillKind.LIMITED_FAILOVER, DrillKind.FULL_FAILOVER, DrillKind.RESTORE)


class Grade(models.TextChoices):
    """How good the source of a time is; `verdict.Grade` ranks them."""

    MACHINE = "machine", "Machine"
    LIVE = "live", "Clicked live"
    TYPED = "typed", "Typed later"


def today() -> dt.date:
    """Of the organisation: by it roles are read, and so who stands in for whom."""
    return organisation_today(timezone.now())


class DrillQuerySet(models.QuerySet["Drill"]):
    def visible_to(self, user: User) -> DrillQuerySet:
        """Drills of the workloads this person may see, and those she takes part in."""
        if user.may(Permission.VIEW_WORKLOADS):
            return self
        return self.filter(
            Q(workload__in=Workload.objects.visible_to(user).values("pk"))
            | Q(coordinator=user)
            | Q(pk__in=Drill.participants.through.objects.filter(user=user).values("drill"))
            | Q(pk__in=Drill.objects.in_place_of_gone(user, today()).order_by().values("pk"))
        )

    def of(self, user: User) -> DrillQuerySet:
        """Drills this person coordinates or takes part in."""
        invited = Drill.participants.through.objects.filter(user=user).values("drill")
        return self.filter(Q(coordinator=user) | Q(pk__in=invited))

    def in_place_of_gone(self, user: User, on: dt.date) -> DrillQuerySet:
        """Drills ahead whose coordinator left, and this person stands in."""
        return self.filter(left_to(user, on=on, person="coordinator"), state__in=Drill.AHEAD)

    def measuring(self) -> DrillQuerySet:
        return self.filter(kind__in=MEASURING)

    def with_result(self) -> DrillQuerySet:
        """Adds `result`, the weaker of both verdicts: met only when both targets were met."""
        worst_first = (Proof.MISSED, Proof.CLAIMED, Proof.UNMEASURED, Proof.MET)
        whens = [When(Q(rto_verdict=word) | Q(rpo_verdict=word), then=Value(word)) for word in worst_first]
        return self.annotate(result=Case(*whens, default=Value(""), output_field=models.CharField()))

    def for_page(self) -> DrillQuerySet:
        """With everything a row of a list names."""
        return self.select_related("workload__owner_team", "coordinator")


class Drill(Stateful):
    """A rehearsed recovery of one workload: planned, run, judged, frozen.

    The target is copied when the drill begins: a target that is signed later changes no verdict. Finished, stopped and
    cancelled drills are frozen by a trigger, and so are their times and participants.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        STOPPED = "stopped", "Stopped"
        CANCELLED = "cancelled", "Cancelled"

    MOVES: ClassVar[Mapping[str, Move]] = {
        "start": Move((State.PLANNED,), State.RUNNING, Kind.DRILL_STARTED),
        "finish": Move((State.RUNNING,), State.FINISHED, Kind.DRILL_FINISHED),
        "stop": Move((State.RUNNING,), State.STOPPED, Kind.DRILL_STOPPED),
        "cancel": Move((State.PLANNED,), State.CANCELLED, Kind.DRILL_CANCELLED),
    }
    AHEAD: ClassVar = (State.PLANNED, State.RUNNING)

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="drills")
    kind = models.CharField(max_length=20, choices=DrillKind.choices)
    scenario = models.TextField(blank=True)
    success_criteria = models.TextField()
    window_start = models.DateTimeField("window from")
    window_end = models.DateTimeField("window until")
    coordinator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="coordinated_drills")
    participants = models.ManyToManyField(User, related_name="drills", blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)

    scheduled_at = models.DateTimeField()
    scheduled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)
    finished_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    called_off_at = models.DateTimeField("cancelled or stopped", null=True)
    called_off_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    called_off_reason = models.TextField("why it was cancelled or stopped", blank=True)

    # The target as signed when the drill began; without one in force nothing can be proven.
    classification = models.ForeignKey(Classification, on_delete=models.PROTECT, null=True, related_name="+")
    tier_level = models.PositiveSmallIntegerField("tier", null=True)
    rto_seconds = models.PositiveBigIntegerField("RTO, seconds", null=True)
    rpo_seconds = models.PositiveBigIntegerField("RPO, seconds", null=True)

    # The result, computed from the times when the drill ends.
    rto_verdict = models.CharField(max_length=10, choices=Proof.choices, blank=True)
    rpo_verdict = models.CharField(max_length=10, choices=Proof.choices, blank=True)
    recovery_seconds = models.PositiveBigIntegerField(null=True)
    loss_seconds = models.PositiveBigIntegerField(null=True)
    declare_seconds = models.PositiveBigIntegerField(null=True)
    rto_grade = models.CharField(max_length=8, choices=Grade.choices, blank=True)
    rpo_grade = models.CharField(max_length=8, choices=Grade.choices, blank=True)
    declare_grade = models.CharField(max_length=8, choices=Grade.choices, blank=True)
    report = models.JSONField(null=True)
    digest = models.CharField("SHA-256 of the report", max_length=64, blank=True)

    marks: RelatedManager[Mark]
    actions: RelatedManager[Action]
    objects = DrillQuerySet.as_manager()

    class Meta:
        ordering = ["-window_start", "-id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(window_end__gt=F("window_start")), name="drill_window_ends_later"),
            models.CheckConstraint(condition=~Q(success_criteria=""), name="drill_has_success_criteria"),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "cancelled"], started_at__isnull=True, started_by__isnull=True)
                | Q(state__in=["running", "finished", "stopped"], started_at__isnull=False, started_by__isnull=False),
                name="drill_started_at_by",
            ),
            models.CheckConstraint(
                condition=Q(state="finished", finished_at__isnull=False, finished_by__isnull=False)
                | (~Q(state="finished") & Q(finished_at__isnull=True, finished_by__isnull=True)),
                name="drill_finished_at_by",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=["cancelled", "stopped"], called_off_at__isnull=False, called_off_by__isnull=False)
                    & ~Q(called_off_reason="")
                )
                | (
                    ~Q(state__in=["cancelled", "stopped"])
                    & Q(called_off_at__isnull=True, called_off_by__isnull=True, called_off_reason="")
                ),
                name="drill_called_off_at_by",
            ),
            models.CheckConstraint(
                condition=Q(
                    classification__isnull=True,
                    tier_level__isnull=True,
                    rto_seconds__isnull=True,
                    rpo_seconds__isnull=True,
                )
                | Q(
                    classification__isnull=False,
                    tier_level__isnull=False,
                    rto_seconds__isnull=False,
                    rpo_seconds__isnull=False,
                    started_at__isnull=False,
                ),
                name="drill_target_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="finished", report__isnull=False, rto_verdict__in=Proof.values)
                & Q(rpo_verdict__in=Proof.values, digest__regex="^[0-9a-f]{64}$")
                # A stopped drill admits a miss and proves no success; those stopped before there was this rule have no verdict.
                | Q(state="stopped", report__isnull=True, digest="", rto_verdict__in=["", "missed", "unmeasured"])
                & Q(rpo_verdict__in=["", "missed", "unmeasured"])
                | (
                    ~Q(state__in=["finished", "stopped"])
                    & Q(report__isnull=True, rto_verdict="", rpo_verdict="", digest="", recovery_seconds__isnull=True)
                    & Q(loss_seconds__isnull=True, declare_seconds__isnull=True)
                ),
                name="drill_result_when_finished",
            ),
            # The two rules of `drills.verdict` that must not be broken by any path.
            models.CheckConstraint(
                condition=~Q(rto_verdict="met")
                | Q(recovery_seconds__lte=F("rto_seconds"), rto_grade__in=["machine", "live"]),
                name="drill_rto_met_is_measured",
            ),
            models.CheckConstraint(
                condition=~Q(rpo_verdict="met")
                | Q(loss_seconds__lte=F("rpo_seconds"), rpo_grade__in=["machine", "live"]),
                name="drill_rpo_met_is_measured",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in MEASURING])
                | Q(rto_verdict__in=["", "unmeasured"], rpo_verdict__in=["", "unmeasured"]),
                name="drill_of_words_proves_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["workload", "-window_start"], name="drill_workload"),
            models.Index(fields=["state", "window_start"], name="drill_state"),
            models.Index(fields=["window_start"], name="drill_window"),
            models.Index(fields=["finished_at"], condition=Q(state="finished"), name="drill_finished"),
            models.Index(fields=["called_off_at"], condition=Q(state="stopped"), name="drill_stopped"),
            GinIndex(OpClass(folded("scenario"), name="gin_trgm_ops"), name="drill_scenario_search"),
        ]

    def __str__(self) -> str:
        return f"{self.workload.name}: {self.get_kind_display()} drill, {self.window_start:%-d %b %Y}"

    def get_absolute_url(self) -> str:
        return reverse("drills:drill", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return f"drill:{self.pk}"

    @property
    def measures(self) -> bool:
        return DrillKind(self.kind).measures

    @property
    def is_judged(self) -> bool:
        """Whether its verdicts say something: finished, or stopped when a target was missed already."""
        return self.state == self.State.FINISHED or Proof.MISSED in (self.rto_verdict, self.rpo_verdict)

    @property
    def digest_words(self) -> str:
        """The digest as people compare it: first four groups and the last."""
        groups = [self.digest[i : i + 4] for i in range(0, 64, 4)]
        return f"{' '.join(groups[:4])} … {groups[-1]}" if self.digest else ""


class What(models.TextChoices):
    """What a time is about, in the order in which it happens; the values of `verdict.What`."""

    NEWEST_DATA = verdict.What.NEWEST_DATA.value, "Newest surviving data"
    OUTAGE_BEGAN = verdict.What.OUTAGE_BEGAN.value, "Outage began"
    DECLARED = verdict.What.DECLARED.value, "Declared"
    SERVICE_HEALTHY = verdict.What.SERVICE_HEALTHY.value, "Service healthy"


class MarkQuerySet(models.QuerySet["Mark"]):
    def that_count(self) -> MarkQuerySet:
        """The newest time per moment: the ones nobody corrected."""
        return self.filter(corrected_by__isnull=True)


class Mark(models.Model):
    """A time as it was recorded. Never changed: a correction is a new mark with a reason, and the old one stays readable."""

    drill = models.ForeignKey(Drill, on_delete=models.PROTECT, related_name="marks")
    what = models.CharField("moment", max_length=16, choices=What.choices)
    at = models.DateTimeField("time (UTC)")
    grade = models.CharField("source", max_length=8, choices=Grade.choices)
    source = models.CharField("taken from", max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="corrected_by")
    reason = models.TextField("why corrected", blank=True)

    objects = MarkQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["drill", "what"], condition=Q(supersedes__isnull=True), name="mark_first_once"
            ),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True, reason="") | (Q(supersedes__isnull=False) & ~Q(reason="")),
                name="mark_correction_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(grade="live") | Q(at=F("recorded_at"), supersedes__isnull=True),
                name="mark_live_is_recorded_at_once",
            ),
            # Rows from before this rule may break it, so the migration does not validate it.
            models.CheckConstraint(condition=~Q(what="newest_data", grade="live"), name="mark_newest_data_never_live"),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()}, {self.drill}"

    @property
    def trail_thread(self) -> str:
        return f"drill:{self.drill_id}"


class Severity(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class ActionQuerySet(models.QuerySet["Action"]):
    def visible_to(self, user: User) -> ActionQuerySet:
        """Actions from the drills this person may see, her own, and those of somebody who left where she stands in."""
        if user.may(Permission.VIEW_WORKLOADS):
            return self
        in_place = Action.objects.in_place_of_gone(user, today())
        return self.filter(
            Q(drill__in=Drill.objects.visible_to(user).values("pk"))
            | Q(owner=user)
            | Q(pk__in=in_place.order_by().values("pk"))
        )

    def in_place_of_gone(self, user: User, on: dt.date) -> ActionQuerySet:
        """Gaps that no re-test has closed, whose owner left, and this person stands in."""
        return self.unsettled().filter(left_to(user, on=on, person="owner", workload="drill__workload"))

    def unsettled(self) -> ActionQuerySet:
        return self.exclude(state=Action.State.CLOSED)

    def for_page(self) -> ActionQuerySet:
        return self.select_related("drill__workload", "owner", "closed_by_drill__workload")


class Action(Stateful):
    """A gap that a drill found, and the work that closes it. Work done is not proof: only a later drill that passes closes it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done, waits for a re-test"
        CLOSED = "closed", "Closed by a re-test"

    MOVES: ClassVar[Mapping[str, Move]] = {
        "done": Move((State.OPEN,), State.DONE, Kind.ACTION_DONE),
        "reopen": Move((State.DONE,), State.OPEN, Kind.ACTION_REOPENED),
        "close": Move((State.DONE,), State.CLOSED, Kind.ACTION_CLOSED),
    }

    drill = models.ForeignKey(Drill, on_delete=models.PROTECT, related_name="actions")
    title = models.CharField("gap", max_length=200)
    cause = models.TextField(blank=True)
    severity = models.CharField(max_length=6, choices=Severity.choices, default=Severity.MEDIUM)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="actions")
    due_on = models.DateField("due")
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    done_how = models.TextField("what was done", blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closed_by_drill = models.ForeignKey(Drill, on_delete=models.PROTECT, null=True, related_name="closed_actions")

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state="closed", closed_by_drill__isnull=False, closed_at__isnull=False, closed_by__isnull=False
                )
                | (
                    ~Q(state="closed") & Q(closed_by_drill__isnull=True, closed_at__isnull=True, closed_by__isnull=True)
                ),
                name="action_closed_by_drill",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=["done", "closed"], done_at__isnull=False, done_by__isnull=False) & ~Q(done_how="")
                )
                | Q(state="open", done_at__isnull=True, done_by__isnull=True, done_how=""),
                name="action_done_at_by",
            ),
            models.CheckConstraint(
                condition=Q(closed_by_drill__isnull=True) | ~Q(closed_by_drill=F("drill")),
                name="action_closed_by_another_drill",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "due_on"], condition=~Q(state="closed"), name="action_owner"),
            models.Index(fields=["due_on"], condition=Q(state="open"), name="action_due"),
            GinIndex(OpClass(folded("title"), name="gin_trgm_ops"), name="action_title_search"),
            GinIndex(OpClass(folded("cause"), name="gin_trgm_ops"), name="action_cause_search"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("drills:action", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return f"drill:{self.drill_id}"
