from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models.functions import Now

from audit.kinds import Kind
from audit.words import Change, changes

EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


class Door(models.TextChoices):
    """How the deed came in."""

    PAGE = "page", "page"
    API = "api", "API"
    ADMIN = "admin", "admin site"
    COMMAND = "command", "command"
    SWEEP = "sweep", "timetable"


class Event(models.Model):
    """One deed, one line. Written in the transaction of the deed; a trigger refuses UPDATE, DELETE and TRUNCATE.

    Actor and subject are kept by number *and* name: the trail knows no other room and must read the same after a
    person was renamed. `thread` groups what belongs to one subject ("workload:12").
    """

    at = models.DateTimeField("time (UTC)")
    # No choices: the vocabulary grows with every deed and is guarded by `record`, not by a migration each time.
    kind = models.CharField(max_length=40)
    actor_id = models.BigIntegerField("person number", null=True)
    actor_name = models.CharField("person", max_length=200)
    door = models.CharField(max_length=10, choices=Door.choices)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField("subject number", max_length=60)  # text, because a role's key is one
    subject_name = models.CharField("subject", max_length=300)
    thread = models.CharField(max_length=80, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    # By the database's own clock. Nothing shows it; `overdue_for_seal` and `dated_ahead` ask.
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            # Outside this range Python has no datetime, and one such row would stop the sealer.
            models.CheckConstraint(condition=models.Q(at__gte=EARLIEST, at__lt=LATEST), name="event_at_in_range")
        ]
        indexes = [
            models.Index(fields=["thread", "-id"], name="event_thread"),
            models.Index(fields=["subject_type", "subject_id", "-id"], name="event_subject"),
            models.Index(fields=["actor_id", "-id"], name="event_actor"),
            models.Index(fields=["kind", "-id"], name="event_kind"),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject_name}"

    def get_kind_display(self) -> str:
        """The kind in words; the bare name for one that this version no longer writes."""
        return Kind(self.kind).label if self.kind in Kind.values else self.kind

    @property
    def seal_or_none(self) -> Seal | None:
        """Its place in the chain, None while it waits. Ask with `select_related("seal")`."""
        return getattr(self, "seal", None)

    @property
    def changes(self) -> list[Change]:
        """What the deed changed, in words."""
        return changes(self.before, self.after)


class Seal(models.Model):
    """One link of the chain: position n covers one event and the digest of position n-1 (see `audit.chain`).

    Positions are given out by the sealer alone, in the order it sees events, so that writers never wait for each other.
    """

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal")
    encoding = models.PositiveSmallIntegerField()
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(position__gte=1), name="seal_position_from_one")]

    def __str__(self) -> str:
        return f"Seal {self.position}"

    @property
    def hex(self) -> str:
        return bytes(self.digest).hex()


class Unsealed(models.Model):
    """An event that waits for its seal. A trigger adds the row with the event, the sealer takes it away.

    So the sealer finds its work without searching millions of sealed events, and an event whose transaction commits
    late, under an early number, is not overlooked: it waits here from the moment it can be seen.
    """

    event = models.OneToOneField(
        Event, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="unsealed"
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Event {self.event_id} is not sealed yet"


class Tick(models.Model):
    """When a part of the portal that works unseen gave its last sign of life (`audit.ticks`)."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
