"""Known exceptions: a finding that the executive sponsor accepts for a while, under conditions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from audit.kinds import Kind
from audit.states import Move, Stateful
from people.models import User
from signoffs.models import Request
from workloads.models.register import Workload


class Waiver(Stateful):
    """One finding of one workload, waived from the signature until a day (included). It lapses by itself.

    `finding` is the key of the finding (`workloads.gates`): the same finding found again is the same key. One that waits may
    stand beside one that holds, where the finding has outgrown that; the new one takes its place.
    """

    outgrown = ""  # given to those that are shown (`workloads.gates.queries`)

    class State(models.TextChoices):
        REQUESTED = "requested", "Waits for signature"
        GRANTED = "granted", "Granted"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"
        LAPSED = "lapsed", "Lapsed"

    LIVE: ClassVar = (State.REQUESTED, State.GRANTED)
    MOVES: ClassVar[Mapping[str, Move]] = {
        "grant": Move((State.REQUESTED,), State.GRANTED, Kind.WAIVER_GRANTED),
        "reject": Move((State.REQUESTED,), State.REJECTED, Kind.WAIVER_REJECTED),
        "withdraw": Move((State.REQUESTED, State.GRANTED), State.WITHDRAWN, Kind.WAIVER_WITHDRAWN),
        "lapse": Move((State.GRANTED,), State.LAPSED, Kind.WAIVER_LAPSED),
    }

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="waivers")
    finding = models.CharField(max_length=80)
    title = models.CharField("what is waived", max_length=300)
    detail = models.TextField(blank=True)
    # How bad it was when it was asked for; a finding that has outgrown it blocks again (`workloads.gates.worse`).
    figures = models.JSONField(default=dict)
    reason = models.TextField()
    conditions = models.TextField()
    ends_on = models.DateField("last day")
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    request = models.OneToOneField(Request, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(null=True)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-requested_at", "-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["workload", "finding", "state"],
                condition=Q(state__in=["requested", "granted"]),
                name="waiver_one_per_finding_and_state",
            ),
            models.CheckConstraint(
                condition=Q(granted_at__isnull=True, granted_by__isnull=True)
                | Q(granted_at__isnull=False, granted_by__isnull=False),
                name="waiver_granted_at_by",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "lapsed"]) | Q(granted_at__isnull=False),
                name="waiver_in_force_granted",
            ),
            # Nobody closes a waiver that lapses: time does.
            models.CheckConstraint(
                condition=Q(state__in=["requested", "granted"], closed_at__isnull=True, closed_by__isnull=True)
                | Q(state__in=["rejected", "withdrawn"], closed_at__isnull=False, closed_by__isnull=False)
                | Q(state="lapsed", closed_at__isnull=False),
                name="waiver_closed_at_by",
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(conditions=""), name="waiver_says_why"),
        ]
        indexes = [models.Index(fields=["ends_on"], condition=Q(state="granted"), name="waiver_ends")]

    def __str__(self) -> str:
        return f"{self.workload}: {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("workloads:waiver", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.workload_id}"

    def holds(self, on: dt.date) -> bool:
        """Granted, and not past its last day, even where the sweep that lets it lapse has not come by yet."""
        return self.state == Waiver.State.GRANTED and on <= self.ends_on
