"""What a workload needs to be back: other workloads and services of third parties."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from audit.name_columns import NormalizedField
from people.columns import NameField
from people.models import Contact, User
from workloads.models.register import Workload


class ThirdParty(models.Model):
    """A service that somebody outside runs, with what the vendor promises and where that stands."""

    name = NameField(max_length=120, unique=True)
    vendor = NormalizedField(max_length=120, blank=True)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="third_parties")
    # None: the vendor promises nothing, or nobody has looked.
    rto_seconds = models.PositiveBigIntegerField("promised RTO, seconds", null=True)
    rpo_seconds = models.PositiveBigIntegerField("promised RPO, seconds", null=True)
    document = models.CharField("where the promise stands", max_length=300, blank=True)
    promised_until_on = models.DateField("promise holds until", null=True)
    has_failover = models.BooleanField("fails over by itself", null=True)
    note = models.TextField(blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        verbose_name_plural = "third parties"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workloads:third-party", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return f"third-party:{self.pk}"


class Strength(models.TextChoices):
    HARD = "hard", "hard: nothing works without it"
    SOFT = "soft", "soft: reduced function remains"


class Order(models.TextChoices):
    """How recovery runs beside what is needed: after it, or at the same time."""

    SEQUENTIAL = "sequential", "after it: the times add up"
    PARALLEL = "parallel", "at the same time: the longer one counts"


class Dependency(models.Model):
    """`workload` needs `needs` or `third_party`, exactly one of them. Cycles are allowed and always shown."""

    said = ""  # what is needed, in words for who reads; given by `workloads.dependencies.queries.name_needs`

    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, related_name="dependencies")
    needs = models.ForeignKey(Workload, on_delete=models.PROTECT, null=True, related_name="dependents")
    third_party = models.ForeignKey(ThirdParty, on_delete=models.PROTECT, null=True, related_name="dependents")
    strength = models.CharField(max_length=4, choices=Strength.choices, default=Strength.HARD)
    remains = models.TextField("what still works without it", blank=True)
    order = models.CharField("recovery", max_length=10, choices=Order.choices, default=Order.SEQUENTIAL)
    note = models.TextField(blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        verbose_name_plural = "dependencies"
        constraints = [
            models.CheckConstraint(
                condition=Q(needs__isnull=False, third_party__isnull=True)
                | Q(needs__isnull=True, third_party__isnull=False),
                name="dependency_on_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(needs__isnull=True) | ~Q(needs=F("workload")), name="dependency_not_on_itself"
            ),
            models.CheckConstraint(
                condition=~Q(strength="soft") | ~Q(remains=""), name="dependency_soft_says_what_remains"
            ),
            models.UniqueConstraint(fields=["workload", "needs"], name="dependency_once"),
            models.UniqueConstraint(fields=["workload", "third_party"], name="dependency_on_third_party_once"),
        ]

    def __str__(self) -> str:
        return f"{self.workload} needs {self.said or self.needs or self.third_party}"

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.workload_id}"
