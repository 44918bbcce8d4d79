from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.urls import reverse

from audit.kinds import Kind
from audit.name_columns import folded
from audit.states import Move, Stateful
from communications.purposes import Purpose, choices
from people.models import Contact, User
from people.permissions import Permission

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> MessageQuerySet:
        """All with the right, else those to oneself."""
        if user.may(Permission.VIEW_MESSAGES):
            return self
        return self.filter(pk__in=Delivery.objects.filter(user=user).values("message"))


class Message(models.Model):
    """One text to one or more people, as it was written; `path` is where its link leads."""

    purpose = models.CharField(max_length=40, choices=choices)
    subject_line = models.CharField("subject", max_length=300)
    body = models.TextField()
    path = models.CharField(max_length=300)
    thread = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    deliveries: RelatedManager[Delivery]
    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["purpose", "-id"], name="message_purpose"),
            models.Index(fields=["thread", "-id"], name="message_thread"),
            GinIndex(OpClass(folded("subject_line"), name="gin_trgm_ops"), name="message_subject_search"),
        ]

    def __str__(self) -> str:
        return self.subject_line

    def get_absolute_url(self) -> str:
        return reverse("communications:message", args=[self.pk])

    @property
    def trail_thread(self) -> str:
        return self.thread

    @property
    def link_words(self) -> str:
        return Purpose.of(self.purpose).value.link


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: User) -> DeliveryQuerySet:
        """All with the right, else those to oneself: who else got a message is not everybody's business."""
        return self if user.may(Permission.VIEW_MESSAGES) else self.filter(user=user)


class Delivery(Stateful):
    """One message to one address.

    The row is the queue. Who works on it holds a lease: a token until a moment of the database's clock. `started` is durable
    before the first byte leaves; what a lease that ran out means is decided in `communications/rounds.py`.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        HELD = "held", "Held for the daily digest"
        STARTED = "started", "Leaving"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        DIGESTED = "digested", "In the daily digest"

    # Moved in sets as well, with the same conditions in the WHERE clauses (communications/rounds.py).
    MOVES: ClassVar[Mapping[str, Move]] = {
        "fail": Move((State.STARTED,), State.FAILED, Kind.DELIVERY_FAILED),
        "doubt": Move((State.STARTED,), State.QUEUED, Kind.DELIVERY_DOUBTED),
        "retry": Move((State.FAILED,), State.QUEUED, Kind.DELIVERY_RETRIED),
    }
    SET_MOVES: ClassVar = (
        (State.QUEUED, State.STARTED),
        (State.STARTED, State.SENT),
        (State.STARTED, State.QUEUED),
        (State.HELD, State.DIGESTED),
        (State.QUEUED, State.SENT),  # by a person after a restore (communications.outbox.release), and the next one too
        (State.HELD, State.SENT),
    )

    # Every index costs each message three writes: foreign keys use those below.
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False)
    address = models.EmailField(max_length=254)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reference = models.UUIDField("Message-ID", default=uuid.uuid4, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    flagged_copy = models.BooleanField("sent once more after doubt", default=False)
    last_error = models.CharField(max_length=500, blank=True)
    digest = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="digested", db_index=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        permissions = [("retry_delivery", "Send a failed message again")]
        constraints = [
            models.UniqueConstraint(fields=["message", "address"], name="delivery_once_per_address"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, contact__isnull=True) | Q(user__isnull=True, contact__isnull=False),
                name="delivery_to_one",
            ),
            models.CheckConstraint(
                condition=Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="delivery_lease_has_token",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="delivery_sent_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="started") | Q(lease_token__isnull=False, started_at__isnull=False),
                name="delivery_started_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(state="started") | Q(lease_token__isnull=True), name="delivery_lease_only_while_leaving"
            ),
            models.CheckConstraint(
                condition=Q(state="digested", digest__isnull=False) | (~Q(state="digested") & Q(digest__isnull=True)),
                name="delivery_digested_in",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(state="queued"), name="delivery_due"),
            models.Index(fields=["lease_token"], condition=Q(state="started"), name="delivery_leased"),
            models.Index(fields=["user"], condition=Q(state="held"), name="delivery_held"),
            models.Index(fields=["user", "-id"], name="delivery_user"),
            models.Index(fields=["-id"], condition=Q(state="failed"), name="delivery_failed"),
            models.Index(fields=["contact"], condition=Q(contact__isnull=False), name="delivery_contact"),
            models.Index(fields=["digest"], condition=Q(digest__isnull=False), name="delivery_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.message.subject_line} to {self.recipient}"

    @property
    def recipient(self) -> str:
        return str(self.user or self.contact)

    @property
    def look(self) -> str:
        """How its state is drawn (`{% state %}`)."""
        return LOOKS[self.State(self.state)]

    @property
    def is_tried_again(self) -> bool:
        """Waiting after a try that did not work."""
        return self.state == self.State.QUEUED and bool(self.last_error)

    @property
    def trail_thread(self) -> str:
        return self.message.thread


class Round(models.Model):
    """What a worker has in its hands: its deliveries carry the token, and `leaving` is the number of the one that leaves now."""

    token = models.UUIDField(primary_key=True)
    leaving = models.BigIntegerField(null=True)
    noted_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.token)


class Witness(models.Model):
    """That no note of this round was lost. The table is unlogged: a crash of the database empties it, and that is its purpose."""

    token = models.UUIDField(primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.token)


class Awake(models.Model):
    """Since when the database answers without a break. The table is unlogged: a crash empties it, which is a break too."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField()
    seen = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"awake since {self.since}"


class Outbox(models.Model):
    """One row: how many rounds of messages have left, and whether anything may leave (`communications.outbox`)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    rounds = models.BigIntegerField(default=0)
    held_at = models.DateTimeField(null=True)
    held_why = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="outbox_is_one"),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, held_why="") | (Q(held_at__isnull=False) & ~Q(held_why="")),
                name="outbox_held_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return "Outbox"


LOOKS = {
    Delivery.State.QUEUED: "half",
    Delivery.State.HELD: "half",
    Delivery.State.STARTED: "half",
    Delivery.State.SENT: "full",
    Delivery.State.FAILED: "off",
    Delivery.State.DIGESTED: "full",
}


class ReminderReceipt(models.Model):
    """That this person was reminded of this step; unique, so that any number of sweeps remind once."""

    purpose = models.CharField(max_length=40)
    thread = models.CharField(max_length=80)
    due_on = models.DateField()
    step = models.CharField(max_length=20)
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    laid_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["thread", "purpose", "due_on", "step", "recipient"], name="receipt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.step} for {self.thread}"
