"""Review campaigns: the reviews of a quarter, opened for a part of the register in one deed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from people.columns import NameField
from people.models import User
from workloads.models.register import Workload
from workloads.models.targets import Classification


class Campaign(models.Model):
    """Which targets are to be looked at by when. Progress is asked of the reviews, never stored."""

    name = NameField(max_length=120, unique=True)
    due_on = models.DateField()
    # The question that chose the workloads, as the register's address asks it; for people to read again.
    chosen_by = models.JSONField("filter", default=dict)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-opened_at", "-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="campaign_closed_at_by",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workloads:campaign", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return f"campaign:{self.pk}"


class CampaignReview(models.Model):
    """One workload of a campaign, with the target that was in force when it was opened.

    Done when that target was reaffirmed after the opening, or another one has come into force; nothing is stored for it.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="reviews")
    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Classification, on_delete=models.PROTECT, related_name="+")
    nudged_on = models.DateField(null=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["campaign", "workload"], name="campaign_workload_once")]

    def __str__(self) -> str:
        return f"{self.workload}, {self.campaign}"
