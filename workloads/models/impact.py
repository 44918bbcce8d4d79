"""The business impact analysis: what an outage, or lost data, costs the longer it lasts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from people.columns import NameField
from people.models import User
from workloads.models.register import Workload


class ImpactCategory(models.Model):
    """In what an outage hurts: money, trust, regulation. Shipped, editable."""

    key = models.SlugField(max_length=30, primary_key=True)
    name = NameField(max_length=60, unique=True)
    question = models.CharField("what is asked", max_length=300)
    has_amount = models.BooleanField("an amount per hour is asked too", default=False)
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["position", "name"]
        default_permissions = ("view", "change")
        verbose_name_plural = "impact categories"

    def __str__(self) -> str:
        return self.name


class ImpactPoint(models.Model):
    """A duration at which impact is asked for. Shipped from 15 minutes to 7 days, editable."""

    seconds = models.PositiveBigIntegerField("duration, seconds", primary_key=True)

    class Meta:
        ordering = ["seconds"]
        default_permissions = ("view", "change")
        constraints = [models.CheckConstraint(condition=Q(seconds__gte=1), name="impact_point_positive")]

    def __str__(self) -> str:
        return f"{self.seconds} s"


class Level(models.IntegerChoices):
    """How bad. No row at all means that nobody has answered; NONE is an answer."""

    NONE = 0, "None"
    SLIGHT = 1, "Slight"
    NOTICEABLE = 2, "Noticeable"
    SERIOUS = 3, "Serious"
    INTOLERABLE = 4, "Intolerable"


class Loss(models.TextChoices):
    """What is lost: time (an outage of this length) or data (everything written in this time)."""

    TIME = "time", "an outage of"
    DATA = "data", "the data of the last"


class ImpactAnalysis(models.Model):
    """The analysis of one workload as a whole; `revision` grows with every change, so that a stale form is noticed."""

    workload = models.OneToOneField(Workload, on_delete=models.CASCADE, primary_key=True, related_name="impact")
    note = models.TextField("where the figures come from", blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    revision = models.PositiveIntegerField(default=1)
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        verbose_name_plural = "impact analyses"

    def __str__(self) -> str:
        return f"Impact analysis of {self.workload}"

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.workload_id}"


class Season(models.Model):
    """A time of the year or month in which an outage is worse, with answers of its own where they differ.

    Either the last `working_days` of every month, or from (`from_month`, `from_day`) to (`to_month`, `to_day`) each year,
    both included, over New Year where the end comes first.
    """

    analysis = models.ForeignKey(ImpactAnalysis, on_delete=models.CASCADE, related_name="seasons")
    name = NameField(max_length=60)
    working_days = models.PositiveSmallIntegerField("last working days of the month", null=True)
    from_month = models.PositiveSmallIntegerField(null=True)
    from_day = models.PositiveSmallIntegerField(null=True)
    to_month = models.PositiveSmallIntegerField(null=True)
    to_day = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["analysis", "name"], name="season_name_once"),
            models.CheckConstraint(
                condition=Q(
                    working_days__range=(1, 20),
                    from_month__isnull=True,
                    from_day__isnull=True,
                    to_month__isnull=True,
                    to_day__isnull=True,
                )
                | Q(
                    working_days__isnull=True,
                    from_month__range=(1, 12),
                    from_day__range=(1, 31),
                    to_month__range=(1, 12),
                    to_day__range=(1, 31),
                ),
                name="season_is_month_end_or_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.analysis_id}"


class ImpactAnswer(models.Model):
    """How bad a loss of this length is in one category; on a normal day, or in a season where it differs."""

    analysis = models.ForeignKey(ImpactAnalysis, on_delete=models.CASCADE, related_name="answers")
    season = models.ForeignKey(Season, on_delete=models.CASCADE, null=True, related_name="answers")
    loss = models.CharField(max_length=4, choices=Loss.choices, default=Loss.TIME)
    category = models.ForeignKey(ImpactCategory, on_delete=models.PROTECT, related_name="+")
    point = models.ForeignKey(ImpactPoint, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    amount_per_hour = models.DecimalField(max_digits=14, decimal_places=2, null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["analysis", "season", "loss", "category", "point"],
                nulls_distinct=False,
                name="impact_answered_once",
            ),
            models.CheckConstraint(condition=Q(level__range=(0, 4)), name="impact_level"),
            models.CheckConstraint(
                condition=Q(amount_per_hour__isnull=True) | Q(amount_per_hour__gte=0), name="impact_amount_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category}, {self.point}: {self.get_level_display()}"
