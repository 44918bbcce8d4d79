"""Writing messages and reminders: what is written here stands or falls with the deed. They leave later, by the sweep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from audit.copying import copy_in
from audit.errors import WrongState
from audit.kinds import Kind
from audit.services import PORTAL, Actor, record, record_many
from audit.states import change_state
from communications.models import Delivery, Message
from communications.purposes import Purpose
from people.models import Contact, Mailing, User
from people.permissions import Permission

CHUNK = 2000
Key = tuple[str, str, dt.date, str, int]  # purpose, thread, due date, step, recipient


def compose(
    purpose: Purpose,
    *,
    to: Iterable[User | Contact],
    thread: str,
    path: str,
    context: Mapping[str, str],
    by: Actor,
    at: dt.datetime,
) -> Message | None:
    """Write one message with a delivery per person, in the transaction of the change. None when nobody can be reached.

    People who can no longer sign in, and contacts without an e-mail, are left out. Raises ValueError for a context that does not
    fit the purpose, TransactionManagementError outside a transaction.
    """
    _require_transaction()
    message = _message(purpose, thread=thread, path=path, context=context, by=by, at=at)
    # One delivery an address; where a person and a contact share one it is the person's, who can then read it here.
    reached = sorted(to, key=lambda p: isinstance(p, User))
    people = list({p.email.lower(): p for p in reached if p.email and getattr(p, "is_active", True)}.values())
    if not people:
        return None
    message.save()
    Delivery.objects.bulk_create(_delivery(purpose, message, person, at) for person in people)
    after = {"purpose": purpose.key, "to": [str(person) for person in people]}
    record(Kind.MESSAGE_QUEUED, message, by=by, at=at, after=after)
    return message


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a message belongs into the transaction of its deed")


def _message(
    purpose: Purpose, *, thread: str, path: str, context: Mapping[str, str], by: Actor, at: dt.datetime
) -> Message:
    subject, body = purpose.render(context)
    return Message(
        purpose=purpose.key,
        subject_line=subject,
        body=body,
        path=path,
        thread=thread,
        created_at=at,
        created_by_id=by.pk,
    )


def _delivery(purpose: Purpose, message: Message, person: User | Contact, at: dt.datetime) -> Delivery:
    delivery = Delivery(message=message, address=person.email, next_try_at=at)
    if not isinstance(person, User):
        delivery.contact = person
        return delivery
    delivery.user = person
    if person.mailing == Mailing.DAILY and not purpose.urgent:
        delivery.state = Delivery.State.HELD
    return delivery


@dataclass(frozen=True)
class Reminder:
    """One reminder to one person. `covers` are earlier steps that this message makes unnecessary, sent or not."""

    purpose: Purpose
    to: User
    thread: str
    due_on: dt.date
    step: str
    path: str
    context: Mapping[str, str]
    covers: Sequence[str] = field(default=())

    def key(self, step: str = "") -> Key:
        """What can be sent once only; of another step when one is named."""
        return (self.purpose.key, self.thread, self.due_on, step or self.step, self.to.pk)


def remind(
    purpose: Purpose,
    *,
    to: User,
    thread: str,
    due_on: dt.date,
    step: str,
    path: str,
    context: Mapping[str, str],
    at: dt.datetime,
    covers: Sequence[str] = (),
) -> bool:
    """Remind one person of one step, once ever, however many call at once. True when this call was the one."""
    reminder = Reminder(purpose, to, thread, due_on, step, path, context, covers)
    return remind_many([reminder], at=at) == 1


@transaction.atomic
def remind_many(reminders: Iterable[Reminder], *, at: dt.datetime) -> int:
    """Remind of each step that has no receipt yet; returns how many messages were written. A few queries per 2000.

    The receipt's unique index decides between simultaneous sweeps: only who laid the receipt writes the message.
    """
    wanted = {r.key(): r for r in reminders if r.to.is_active and r.to.email}
    covered = {r.key(step): key for key, r in wanted.items() for step in r.covers}
    # All receipts in one order, so that two sweeps wait for each other instead of deadlocking.
    keys = sorted(wanted.keys() | covered.keys())
    laid = {key: number for chunk in _chunks(keys) for key, number in _lay(chunk, at).items()}
    told: dict[Key, int] = {}
    for chunk in _chunks([key for key in laid if key in wanted and key not in covered]):
        told |= _write_reminders([wanted[key] for key in chunk], at)
    _point([(laid[key], told[cover]) for key in laid if (cover := covered.get(key, key)) in told])
    return len(told)


def _chunks(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


def _write_reminders(reminders: list[Reminder], at: dt.datetime) -> dict[Key, int]:
    """Write these; the number of each message."""
    messages = [
        _message(r.purpose, thread=r.thread, path=r.path, context=r.context, by=PORTAL, at=at) for r in reminders
    ]
    copy_in(messages)
    pairs = list(zip(reminders, messages, strict=True))
    copy_in([_delivery(r.purpose, message, r.to, at) for r, message in pairs])
    lines: Any = ((message, {}, {"purpose": r.purpose.key, "to": [str(r.to)], "step": r.step}) for r, message in pairs)
    record_many(Kind.MESSAGE_QUEUED, lines, by=PORTAL, at=at)
    return {r.key(): message.pk for r, message in pairs}


def _lay(keys: Sequence[Key], at: dt.datetime) -> dict[Key, int]:
    """Lay receipts; those that were there already are not in the answer, which maps a key to the receipt's number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO communications_reminderreceipt (purpose, thread, due_on, step, recipient_id, laid_at)
            SELECT *, %s FROM unnest(%s::text[], %s::text[], %s::date[], %s::text[], %s::bigint[])
            ON CONFLICT DO NOTHING
            RETURNING purpose, thread, due_on, step, recipient_id, id
            """,
            [at, *(list(column) for column in zip(*keys, strict=True))],
        )
        return {tuple(row[:5]): row[5] for row in cursor.fetchall()}


def _point(receipts: Sequence[tuple[int, int]]) -> None:
    """Let each receipt name the message that was sent, or that made it unnecessary."""
    if not receipts:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE communications_reminderreceipt SET message_id = told.message
            FROM unnest(%s::bigint[], %s::bigint[]) AS told (receipt, message) WHERE id = told.receipt
            """,
            [list(column) for column in zip(*receipts, strict=True)],
        )


@transaction.atomic
def retry(*, delivery: Delivery, by: User, at: dt.datetime) -> None:
    """Send a failed message again, by hand. Raises WrongState, NotAllowed."""
    by.require(Permission.RETRY_MESSAGES)
    if not delivery.can("retry"):
        raise WrongState("Only a message that failed can be sent again.")
    change_state(delivery, "retry", by=by, at=at, after={"to": delivery.recipient}, next_try_at=at, attempts=0)
