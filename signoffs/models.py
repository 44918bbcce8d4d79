from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q

from audit.kinds import Kind
from audit.name_columns import folded
from audit.states import Move, Stateful
from people.models import Role, User
from people.proof import Method
from signoffs import subjects

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, user: User) -> RequestQuerySet:
        """Requests about things this person may see; each room says which."""
        seen = Q(pk__in=[])
        for kind in subjects.kinds():
            # Asked row by row, of the few rows that a list shows: a set of all visible things is built first otherwise.
            visible = subjects.subject_of(kind).visible_ids(user).filter(pk=OuterRef("subject_id"))
            seen |= Q(subject_type=kind) & Q(Exists(visible))
        return self.filter(seen)


class Request(Stateful):
    """Signatures asked for on one frozen document. The document's columns never change (trigger)."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        COMPLETED = "completed", "Signed by all"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"
        VOIDED = "voided", "Void"

    MOVES: ClassVar[Mapping[str, Move]] = {
        "complete": Move((State.OPEN,), State.COMPLETED, Kind.REQUEST_COMPLETED),
        "reject": Move((State.OPEN,), State.REJECTED, Kind.REQUEST_REJECTED),
        "withdraw": Move((State.OPEN,), State.WITHDRAWN, Kind.REQUEST_WITHDRAWN),
        "void": Move((State.OPEN,), State.VOIDED, Kind.REQUEST_VOIDED),
    }

    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    # For which workload the roles are looked up; None means roles of the whole organisation.
    workload_id = models.BigIntegerField(null=True)
    thread = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    document = models.JSONField()
    text = models.TextField()
    digest = models.CharField("SHA-256", max_length=64)
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="signoff_requests")
    due_on = models.DateField(null=True)
    # Whose work it is, whoever pressed the button; the rules against approving one's own look at this person.
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Whether the proposer may not be the only signer; a reaffirmation is asked for and signed by one person.
    four_eyes = models.BooleanField(default=True)
    # Whether the proposer may fill a slot at all.
    proposer_may_sign = models.BooleanField(default=True)
    # Whether one person signs once at most, however many of the roles are hers.
    one_per_person = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closing_reason = models.TextField(blank=True)

    slots: RelatedManager[Slot]
    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"], condition=Q(state="open"), name="request_one_open_per_subject"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True, closed_by__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False, closed_by__isnull=False)),
                name="request_closed_at_by",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(closing_reason=""), name="request_rejected_with_reason"
            ),
            # What foreign keys of signatures point to, so that their copy of the rule is that of their request.
            models.UniqueConstraint(fields=["id", "one_per_person"], name="request_rule_of_signatures"),
        ]
        indexes = [
            models.Index(fields=["state", "due_on"], name="request_due"),
            models.Index(fields=["-requested_at", "-id"], name="request_newest"),
            GinIndex(OpClass(folded("title"), name="gin_trgm_ops"), name="request_title_search"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def trail_thread(self) -> str:
        return self.thread

    @property
    def digest_words(self) -> str:
        """The digest as people compare it: first four groups and the last."""
        groups = [self.digest[i : i + 4] for i in range(0, 64, 4)]
        return f"{' '.join(groups[:4])} … {groups[-1]}"


class Slot(models.Model):
    """One signature that is asked for: by whoever acts in this role when she signs."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="slots")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    # The sentence that the signature stands for, frozen with the request.
    meaning = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["request", "role"], name="slot_role_once"),
            models.UniqueConstraint(fields=["request", "position"], name="slot_position_once"),
            # What foreign keys of signatures point to, so that their request is that of their slot.
            models.UniqueConstraint(fields=["id", "request"], name="slot_of_request"),
        ]
        indexes = [models.Index(fields=["role", "request"], name="slot_role")]

    def __str__(self) -> str:
        return f"{self.role.name}, {self.request.title}"

    @property
    def is_signed(self) -> bool:
        return hasattr(self, "signature")


class Signature(models.Model):
    """A signature as 21 CFR 11.50 and eIDAS art. 26 want it: printed name, role, meaning, UTC time, method, digest.

    Append-only (trigger). Everything that is printed is stored as it was on the day; people are renamed, roles reworded.
    """

    slot = models.OneToOneField(Slot, on_delete=models.PROTECT, related_name="signature")
    # Both repeat what stands with slot and request, for the constraint below; foreign keys over two columns each keep them
    # true (migration 0004).
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="signatures", db_index=False)
    one_per_person = models.BooleanField(default=True)
    signer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="signatures")
    printed_name = models.CharField(max_length=120)
    printed_role = models.CharField(max_length=120)
    meaning = models.CharField(max_length=300)
    signed_at = models.DateTimeField("time (UTC)")
    method = models.CharField(max_length=20, choices=Method.choices)
    digest = models.CharField("SHA-256", max_length=64)

    class Meta:
        ordering = ["signed_at", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["request", "signer"], condition=Q(one_per_person=True), name="signature_once_per_person"
            )
        ]
        indexes = [models.Index(fields=["request"], name="signature_request")]

    def __str__(self) -> str:
        return f"{self.printed_name}, {self.printed_role}"

    @property
    def trail_thread(self) -> str:
        return self.request.thread
