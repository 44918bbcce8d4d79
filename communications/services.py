"""Writing messages and reminders. They leave later (`communications.delivery`); what is written here stands or falls with the deed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from audit.errors import WrongState
from audit.kinds import Kind
from audit.services import PORTAL, Actor, record
from audit.states import change_state
from communications.models import Delivery, Message, ReminderReceipt
from communications.purposes import Purpose
from people.models import Contact, Mailing, User
from people.permissions import Permission

CHUNK = 500


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
    people = list({p.email.lower(): p for p in to if p.email and getattr(p, "is_active", True)}.values())
    if not people:
        return None
    message = _message(purpose, thread=thread, path=path, context=context, by=by, at=at)
    message.save()
    Delivery.objects.bulk_create(_delivery(purpose, message, person, at) for person in people)
    after = {"purpose": purpose.key, "to": [str(person) for person in people]}
    record(Kind.MESSAGE_QUEUED, message, by=by, at=at, after=after)
    return message


def _require_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a message belongs into the transaction of its deed")


def _message(
    purpose: Purpose, *, thread: str, path: str, context: Mapping[str, str], by: Actor, at: dt.datetime
) -> Message:
    subject, body = purpose.render(context)
    return Message(
        purpose=purpose.key,
        subject_line=subject[:300],
        body=body,
        path=path,
        thread=thread,
        created_at=at,
        created_by_id=by.pk,
    )


def _delivery(purpose: Purpose, message: Message, person: User | Contact, at: dt.datetime) -> Delivery:
    is_user = isinstance(person, User)
    held = is_user and person.mailing == Mailing.DAILY and not purpose.urgent
    return Delivery(
        message=message,
        user=person if is_user else None,
        contact=None if is_user else person,
        address=person.email,
        state=Delivery.State.HELD if held else Delivery.State.QUEUED,
        next_try_at=at,
    )


@dataclass(frozen=True)
class Reminder:
    """One reminder to one person. `covers` are earlier steps that this message makes unnecessary."""

    purpose: Purpose
    to: User
    thread: str
    due_on: dt.date
    step: str
    path: str
    context: Mapping[str, str]
    covers: Sequence[str] = field(default=())


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
    """Remind of each step that has no receipt yet; returns how many messages were written. A few queries per 500.

    The receipt's unique index decides between simultaneous sweeps: only who laid the receipt writes the message.
    """
    wanted = [r for r in reminders if r.to.is_active and r.to.email]
    return sum(_remind_chunk(wanted[start : start + CHUNK], at) for start in range(0, len(wanted), CHUNK))


def _remind_chunk(reminders: list[Reminder], at: dt.datetime) -> int:
    # Sorted, so that two sweeps lay their receipts in the same order and wait for each other instead of deadlocking.
    reminders = sorted(reminders, key=lambda r: _key(r.purpose, r.thread, r.due_on, r.step, r.to.pk))
    laid = _lay(((r.purpose, r.thread, r.due_on, r.step, r.to.pk) for r in reminders), at)
    won = [r for r in reminders if _key(r.purpose, r.thread, r.due_on, r.step, r.to.pk) in laid]
    if not won:
        return 0
    messages = Message.objects.bulk_create(
        _message(r.purpose, thread=r.thread, path=r.path, context=r.context, by=PORTAL, at=at) for r in won
    )
    Delivery.objects.bulk_create(
        _delivery(r.purpose, message, r.to, at) for r, message in zip(won, messages, strict=True)
    )
    receipts = []
    for reminder, message in zip(won, messages, strict=True):
        receipts.append(
            (laid[_key(reminder.purpose, reminder.thread, reminder.due_on, reminder.step, reminder.to.pk)], message.pk)
        )
        record(
            Kind.MESSAGE_QUEUED,
            message,
            by=PORTAL,
            at=at,
            after={"purpose": reminder.purpose.key, "to": [str(reminder.to)], "step": reminder.step},
        )
    _lay(((r.purpose, r.thread, r.due_on, step, r.to.pk) for r in won for step in r.covers), at)
    ReminderReceipt.objects.bulk_update(
        [ReminderReceipt(pk=receipt, message_id=message) for receipt, message in receipts], ["message"]
    )
    return len(won)


Key = tuple[str, str, dt.date, str, int]


def _key(purpose: Purpose, thread: str, due_on: dt.date, step: str, recipient: int) -> Key:
    return (purpose.key, thread, due_on, step, recipient)


def _lay(steps: Iterable[tuple[Purpose, str, dt.date, str, int]], at: dt.datetime) -> dict[Key, int]:
    """Lay receipts; those that were there already are not in the answer, which maps a key to the receipt's number."""
    keys = [_key(*step) for step in steps]
    if not keys:
        return {}
    columns = [list(column) for column in zip(*keys, strict=True)]
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO communications_reminderreceipt (purpose, thread, due_on, step, recipient_id, laid_at)
            SELECT *, %s FROM unnest(%s::text[], %s::text[], %s::date[], %s::text[], %s::bigint[])
            ON CONFLICT DO NOTHING
            RETURNING purpose, thread, due_on, step, recipient_id, id
            """,
            [at, *columns],
        )
        return {tuple(row[:5]): row[5] for row in cursor.fetchall()}


@transaction.atomic
def retry(*, delivery: Delivery, by: User, at: dt.datetime) -> None:
    """Send a failed message again, by hand. Raises WrongState, NotAllowed."""
    by.require(Permission.RETRY_MESSAGES)
    if not delivery.can("retry"):
        raise WrongState("Only a message that failed can be sent again.")
    change_state(delivery, "retry", by=by, at=at, after={"to": delivery.recipient}, next_try_at=at, attempts=0)
