"""Uploaded files on their way into the register: kept, checked, read about, imported."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from audit.states import Move, Stateful
from people.models import User

IMPORT_KEPT_FOR = dt.timedelta(hours=1)


class PendingImportQuerySet(models.QuerySet["PendingImport"]):
    def visible_to(self, user: User) -> PendingImportQuerySet:
        """A file is its owner's alone."""
        return self.filter(owner=user)

    def small(self) -> PendingImportQuerySet:
        """Without the file and the report, which may be megabytes."""
        return self.defer("data", "report")


class PendingImport(Stateful):
    """The very bytes that a report is made from, with the report; for an hour, for one person.

    The row is the queue. Who works on it holds a lease: a token until a moment of the database's clock, and a lock on the row
    for as long as the work takes (`workloads/register/sweep.py`). The bytes go as soon as nothing can be done with them.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits to be checked"
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "Checked"
        UNREADABLE = "unreadable", "Cannot be used"
        QUEUED = "queued", "Waits to be imported"
        IMPORTING = "importing", "Being imported"
        IMPORTED = "imported", "Imported"
        FAILED = "failed", "Given up"

    UNDER_WAY: ClassVar = (State.WAITING, State.CHECKING, State.QUEUED, State.IMPORTING)
    TO_DO: ClassVar[Mapping[str, str]] = {State.WAITING: "check", State.QUEUED: "import"}
    AT_WORK: ClassVar[Mapping[str, str]] = {State.CHECKING: "check", State.IMPORTING: "import"}
    # Nothing in the register has happened before the import, which tells the trail itself (`Kind.REGISTER_IMPORTED`).
    MOVES: ClassVar[Mapping[str, Move]] = {
        "check": Move((State.WAITING, State.CHECKING), State.CHECKING),
        "report": Move((State.CHECKING,), State.CHECKED),
        "refuse": Move((State.CHECKING,), State.UNREADABLE),
        "queue": Move((State.CHECKED,), State.QUEUED),
        "import": Move((State.QUEUED, State.IMPORTING), State.IMPORTING),
        "return": Move((State.IMPORTING,), State.CHECKED),
        "finish": Move((State.IMPORTING,), State.IMPORTED),
        "fail": Move((State.CHECKING, State.IMPORTING), State.FAILED),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField("file name", max_length=120)
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    report = models.JSONField(default=dict)  # empty until it has been checked
    options = models.JSONField(default=dict)  # what was chosen beside the file
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    since = models.DateTimeField("in this state since")
    said = models.TextField("what came of it", blank=True)
    agreed = models.CharField("digest of the report agreed to", max_length=64, blank=True)
    leases = models.PositiveSmallIntegerField("times it was taken up", default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = PendingImportQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="import_expires_later"),
            models.CheckConstraint(
                condition=Q(lease_token__isnull=False, lease_until__isnull=False, state__in=["checking", "importing"])
                | (Q(lease_token__isnull=True, lease_until__isnull=True) & ~Q(state__in=["checking", "importing"])),
                name="import_leased_at_work",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="import_expiry"),
            models.Index(
                fields=["since"],
                condition=Q(state__in=["waiting", "checking", "queued", "importing"]),
                name="import_to_do",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workloads:import-report", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return "register"

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY
