"""What a workload does for whom, what it is made of, and how that can fail."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat

from audit.name_columns import folded
from people.columns import NameField
from people.models import User
from workloads.models.dependencies import Dependency
from workloads.models.register import Workload

FLOW_SAID = Concat("name", Value(" "), "what", output_field=models.TextField())  # what a flow is searched by


class Component(models.Model):
    """A part of a workload: an application, a database, a queue.

    One that needs a target of its own is put into the register; `own` is that workload, and signatures, drills and the chain
    treat it like any other (docs/decisions/0010).
    """

    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, related_name="components")
    name = NameField(max_length=120)
    kind = models.CharField("what it is", max_length=60, blank=True)
    note = models.TextField(blank=True)
    own = models.OneToOneField(Workload, on_delete=models.PROTECT, null=True, related_name="component")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["workload", "name"], name="component_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.workload_id}"


class UserFlow(models.Model):
    """Something that somebody does with the workload, and what it means when it cannot be done (domain section 3)."""

    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, related_name="flows")
    name = NameField(max_length=120)
    what = models.TextField("what it does")
    relied_on_by = models.TextField("who relies on it", blank=True)
    when_down = models.TextField("what happens when it is down", blank=True)
    is_critical = models.BooleanField("critical", default=False)
    # Where it differs from the workload's own target; seconds.
    rto_seconds = models.PositiveBigIntegerField("own RTO, seconds", null=True)
    rpo_seconds = models.PositiveBigIntegerField("own RPO, seconds", null=True)
    components = models.ManyToManyField(Component, blank=True, related_name="flows")
    dependencies = models.ManyToManyField(Dependency, blank=True, related_name="flows")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-is_critical", "name", "id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["workload", "name"], name="flow_name_once")]
        indexes = [GinIndex(OpClass(folded(FLOW_SAID), name="gin_trgm_ops"), name="flow_said")]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.workload_id}"


class FailureCategory(models.TextChoices):
    """The five kinds of failure that an analysis asks about."""

    SHARED_FATE = "shared-fate", "shared fate"
    LOAD = "load", "excessive load"
    LATENCY = "latency", "excessive latency"
    BUG = "bug", "misconfiguration or bug"
    SINGLE_POINT = "single-point", "single point of failure"


class Likelihood(models.IntegerChoices):
    RARE = 1, "rare: once in ten years"
    UNLIKELY = 2, "unlikely: once in a few years"
    LIKELY = 3, "likely: about once a year"
    FREQUENT = 4, "frequent: several times a year"


class Detection(models.IntegerChoices):
    AT_ONCE = 1, "at once, by an alarm"
    SOON = 2, "within minutes, by somebody watching"
    LATE = 3, "late, by a complaint"
    UNNOTICED = 4, "perhaps never"


class Effect(models.IntegerChoices):
    SLIGHT = 1, "slight"
    NOTICEABLE = 2, "noticeable"
    SERIOUS = 3, "serious"
    INTOLERABLE = 4, "intolerable"


class FailureMode(models.Model):
    """One way in which the workload or a component of it fails, how likely, how bad, how it is noticed and softened."""

    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, related_name="failure_modes")
    component = models.ForeignKey(Component, on_delete=models.PROTECT, null=True, related_name="failure_modes")
    category = models.CharField(max_length=12, choices=FailureCategory.choices)
    what = models.CharField("what fails", max_length=200)
    effect = models.TextField("what follows")
    likelihood = models.PositiveSmallIntegerField(choices=Likelihood.choices)
    severity = models.PositiveSmallIntegerField("how bad", choices=Effect.choices)
    noticed = models.PositiveSmallIntegerField("how it is noticed", choices=Detection.choices)
    detection = models.TextField("by what it is noticed", blank=True)
    mitigation = models.TextField("what softens or prevents it", blank=True)
    flows = models.ManyToManyField(UserFlow, blank=True, related_name="failure_modes")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-severity", "-likelihood", "-noticed", "id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(likelihood__range=(1, 4), severity__range=(1, 4), noticed__range=(1, 4)),
                name="failure_mode_scores",
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.workload_id}"
