"""Messages as pages show them: with what became of each copy, in words."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from audit.kinds import Kind
from audit.models import Event
from audit.tables import utc
from communications.models import LOOKS, Delivery, Message
from people.models import User

State = Delivery.State
NAMES = 2  # how many recipients a row names


def with_deliveries(found: QuerySet[Message], *, reader: User) -> QuerySet[Message]:
    """Messages with the deliveries this person may see at hand as `seen`."""
    seen = Delivery.objects.visible_to(reader).select_related("user", "contact").order_by("id")
    return found.prefetch_related(Prefetch("deliveries", queryset=seen, to_attr="seen"))


@dataclass(frozen=True)
class Row:
    """A message in a list."""

    message: Message
    to: str
    standing: str
    look: str
    failed: bool
    copied: bool
    moment: dt.datetime


def rows(messages: Iterable[Message]) -> list[Row]:
    """Messages of `with_deliveries` as rows."""
    return [_row(message, message.seen) for message in messages]  # type: ignore[attr-defined]


def _row(message: Message, deliveries: Sequence[Delivery]) -> Row:
    names = [d.recipient for d in deliveries]
    more = len(names) - NAMES
    sent = [d.sent_at for d in deliveries if d.sent_at]
    return Row(
        message=message,
        to=", ".join(names[:NAMES]) + (f" and {more} more" if more > 0 else ""),
        standing=_standing(deliveries),
        look=_look(deliveries),
        failed=any(d.state == State.FAILED for d in deliveries),
        copied=any(d.flagged_copy for d in deliveries),
        moment=max(sent) if sent else message.created_at,
    )


def _standing(deliveries: Sequence[Delivery]) -> str:
    """ "Sent"; of several "Sent to all 3" or "2 sent, 1 failed"."""
    counts = Counter(State(d.state) for d in deliveries)
    if len(counts) == 1:
        (state, count), *_ = counts.items()
        return str(state.label) if count == 1 else f"{state.label}, all {count}"
    words = [f"{counts[state]} {state.label[0].lower()}{state.label[1:]}" for state in State if counts[state]]
    return ", ".join(words) or "To nobody"


def _look(deliveries: Sequence[Delivery]) -> str:
    looks = {LOOKS[State(d.state)] for d in deliveries}
    return looks.pop() if len(looks) == 1 else "half"


EXPORT_HEADER = (
    "message", "subject", "about", "written (UTC)", "to", "address", "state", "tries", "sent (UTC)", "sent once more",
    "what went wrong",
)  # fmt: skip


def copies_of(found: QuerySet[Message], *, reader: User) -> QuerySet[Delivery]:
    """The copies of these messages that this person may see, those of the newest message first, without the texts."""
    seen = Delivery.objects.visible_to(reader).filter(message__in=found).select_related("message", "user", "contact")
    return seen.defer("message__body").order_by("-message_id", "id")


def export_row(delivery: Delivery) -> list[object]:
    """A copy of `copies_of` as a line of a table."""
    message = delivery.message
    return [
        message.pk, message.subject_line, message.get_purpose_display(), utc(message.created_at), delivery.recipient,
        delivery.address, delivery.get_state_display(), delivery.attempts, utc(delivery.sent_at), delivery.flagged_copy,
        delivery.last_error,
    ]  # fmt: skip


@dataclass(frozen=True)
class Step:
    """Something that happened to a delivery."""

    at: dt.datetime
    words: str
    why: str = ""


_TOLD = {
    Kind.DELIVERY_FAILED: "Failed",
    Kind.DELIVERY_DOUBTED: "In doubt, sent once more as a marked copy",
    Kind.DELIVERY_RETRIED: "Tried again by hand",
}


@dataclass(frozen=True)
class Course:
    """A delivery with its steps, oldest first."""

    delivery: Delivery
    steps: list[Step]


def courses(message: Message, deliveries: Sequence[Delivery]) -> list[Course]:
    """What became of each of these deliveries of the message; one query."""
    numbers = [str(d.pk) for d in deliveries]
    found = Event.objects.filter(subject_type=Delivery._meta.label_lower, subject_id__in=numbers).order_by("id")
    told: dict[str, list[Step]] = defaultdict(list)
    for event in found:
        by = f" by {event.actor_name}" if event.kind == Kind.DELIVERY_RETRIED else ""
        told[event.subject_id].append(Step(event.at, f"{_TOLD[Kind(event.kind)]}{by}", str(event.after.get("why", ""))))
    return [Course(d, _steps(message, d, told[str(d.pk)])) for d in deliveries]


def _steps(message: Message, delivery: Delivery, told: list[Step]) -> list[Step]:
    held = delivery.state in (State.HELD, State.DIGESTED)
    steps = [Step(message.created_at, "Written and held for the daily digest" if held else "Written and queued"), *told]
    if delivery.state == State.DIGESTED and delivery.digest:
        steps.append(Step(delivery.digest.created_at, "Put into the daily digest"))
    elif delivery.state == State.SENT and delivery.sent_at:
        steps.append(Step(delivery.sent_at, "Copy sent" if delivery.flagged_copy else "Sent"))
    elif delivery.state == State.STARTED and delivery.started_at:
        steps.append(Step(delivery.started_at, "Leaving"))
    return steps
