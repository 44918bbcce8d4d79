"""Getting messages out, each once, whatever dies on the way.

A worker takes a batch by a lease: a token until a moment of the database's clock. Every write-back presents the token, so that a
worker that was away too long changes nothing. `started` is committed before the first byte of a message leaves, in the same
statement that records the one before as sent: one commit a message, one message in flight a worker. A kill therefore leaves at
most one delivery in doubt; it is sent once more with the same Message-ID and flagged. In doubt twice, it fails and is shown.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import smtplib
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.utils import timezone

from audit.kinds import Kind
from audit.services import PORTAL, record
from communications.models import Delivery, Message
from communications.purposes import Purpose

BATCH = 50
LEASE = dt.timedelta(seconds=90)  # longer than one message can take (EMAIL_TIMEOUT), renewed with each
# Waits after a passing fault; then it failed and somebody has to look.
BACK_OFF = tuple(dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440))

_CLAIM = """
UPDATE communications_delivery SET lease_token = %(token)s, lease_until = clock_timestamp() + %(lease)s
WHERE id IN (
    SELECT id FROM communications_delivery
    WHERE state = 'queued' AND next_try_at <= clock_timestamp()
      AND (lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY next_try_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""
# The one before is sent, this one starts, the rest of the batch stays ours: one statement, one commit.
_STEP = """
UPDATE communications_delivery SET
    state = CASE WHEN id = %(sent)s THEN 'sent' WHEN id = %(next)s THEN 'started' ELSE state END,
    sent_at = CASE WHEN id = %(sent)s THEN clock_timestamp() ELSE sent_at END,
    started_at = CASE WHEN id = %(next)s THEN clock_timestamp() ELSE started_at END,
    attempts = CASE WHEN id = %(next)s THEN attempts + 1 ELSE attempts END,
    lease_token = CASE WHEN id = %(sent)s THEN NULL ELSE lease_token END,
    lease_until = CASE WHEN id = %(sent)s THEN NULL ELSE clock_timestamp() + %(lease)s END
WHERE lease_token = %(token)s AND id = ANY(%(touched)s)
  AND ((id = %(sent)s AND state = 'started') OR (id <> %(sent)s AND state = 'queued'))
RETURNING id
"""
_RELEASE = """
UPDATE communications_delivery SET lease_token = NULL, lease_until = NULL WHERE lease_token = %s AND state = 'queued'
"""
NONE = -1
# The server may have taken the message before the line broke: nobody can know.
BROKEN_OFF = (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError)
RENEW_EVERY = 10  # how many messages until the rest of the batch gets its lease renewed


@dataclass
class Sweep:
    """What one call did."""

    sent: int = 0
    failed: int = 0
    doubted: int = 0


def deliver(*, seconds: float = 8, stop: Callable[[], bool] = lambda: False) -> Sweep:
    """Send what is due, for at most so many seconds. Any number may run at once. Database errors are raised; nothing is lost."""
    done, until = Sweep(), time.monotonic() + seconds
    done.doubted = resolve_doubts()
    mail: BaseEmailBackend | None = None
    try:
        while not stop() and time.monotonic() < until:
            token = uuid.uuid4()
            batch = _claim(token)
            if not batch:
                break
            mail = mail or get_connection()
            mail = _send_batch(batch, token, mail, done, lambda: stop() or time.monotonic() >= until)
    finally:
        if mail is not None:
            _close(mail)
    return done


def resolve_doubts() -> int:
    """Deliveries whose worker vanished while they left: once more, flagged; a second time, failed. Returns how many."""
    expired = """
        SELECT id FROM communications_delivery
        WHERE state = 'started' AND lease_until < clock_timestamp() ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(expired)
            numbers = [number for (number,) in cursor.fetchall()]
        found = list(Delivery.objects.filter(pk__in=numbers).select_related("message", "user", "contact"))
        for delivery in found:
            _resolve(delivery)
    return len(found)


def _resolve(delivery: Delivery) -> None:
    now = timezone.now()
    delivery.lease_token = delivery.lease_until = None
    if delivery.flagged_copy:
        delivery.state = Delivery.State.FAILED
        delivery.last_error = "In doubt twice: the line broke while it left, and again while the copy left."
    else:
        delivery.state, delivery.flagged_copy, delivery.next_try_at = Delivery.State.QUEUED, True, now
        delivery.last_error = "In doubt: the line broke while it left. Sent once more with the same Message-ID."
    delivery.save(update_fields=["state", "flagged_copy", "next_try_at", "last_error", "lease_token", "lease_until"])
    kind = Kind.DELIVERY_FAILED if delivery.state == Delivery.State.FAILED else Kind.DELIVERY_DOUBTED
    record(kind, delivery, by=PORTAL, at=now, after={"to": delivery.recipient, "why": delivery.last_error})


def _claim(token: uuid.UUID) -> list[Delivery]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"token": token, "lease": LEASE, "limit": BATCH})
        numbers = [number for (number,) in cursor.fetchall()]
    found = Delivery.objects.filter(pk__in=numbers).select_related("message", "user", "contact")
    return sorted(found, key=lambda d: (d.next_try_at, d.pk))


def _send_batch(
    batch: Sequence[Delivery], token: uuid.UUID, mail: BaseEmailBackend, done: Sweep, stop: Callable[[], bool]
) -> BaseEmailBackend:
    """Send the batch over one connection; returns the connection for the next one, a new one when it broke."""
    sent = NONE
    for number, delivery in enumerate(batch):
        rest = [d.pk for d in batch[number + 1 :]] if number % RENEW_EVERY == 0 else []
        if stop() or not _opened(mail, token):
            break
        if not _step(token, sent=sent, start=delivery.pk, rest=rest):
            sent = NONE
            continue  # the lease was lost: somebody else has it
        sent = NONE
        try:
            mail.send_messages([envelope(delivery)])
        except Exception as error:  # noqa: BLE001 (whatever a mail server or a file system can say)
            mail = _after_error(delivery, token, mail, error, done)
        else:
            sent = delivery.pk
            done.sent += 1
    if sent != NONE:
        _step(token, sent=sent, start=NONE, rest=[])
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [token])
    return mail


def _opened(mail: BaseEmailBackend, token: uuid.UUID) -> bool:
    """Whether there is a line to the mail server. Without one nothing has started: the batch waits a minute."""
    try:
        mail.open()
    except Exception as error:  # noqa: BLE001 (whatever a network can say)
        words = f"No line to the mail server: {error}"[:500].replace("\x00", "")
        ours = Delivery.objects.filter(lease_token=token, state=Delivery.State.QUEUED)
        ours.update(next_try_at=timezone.now() + BACK_OFF[0], last_error=words)
        return False
    return True


def _step(token: uuid.UUID, *, sent: int, start: int, rest: list[int]) -> bool:
    """Record `sent`, start `start`; true when `start` is still ours."""
    touched = [number for number in (sent, start, *rest) if number != NONE]
    with connection.cursor() as cursor:
        cursor.execute(_STEP, {"sent": sent, "next": start, "token": token, "lease": LEASE, "touched": touched})
        return start in {number for (number,) in cursor.fetchall()}


def _after_error(
    delivery: Delivery, token: uuid.UUID, mail: BaseEmailBackend, error: Exception, done: Sweep
) -> BaseEmailBackend:
    """Refused for good: failed. Broken off midway: in doubt. A passing fault: later. Returns a connection that works."""
    words = f"{type(error).__name__}: {error}"[:500].replace("\x00", "")
    attempts = delivery.attempts + 1
    columns = {"lease_token": None, "lease_until": None, "last_error": words}
    kind: Kind | None = None
    if isinstance(error, BROKEN_OFF):
        with transaction.atomic():
            ours = Delivery.objects.select_for_update(of=("self",)).select_related("message", "user", "contact")
            for left in ours.filter(pk=delivery.pk, lease_token=token, state=Delivery.State.STARTED):
                _resolve(left)
                done.doubted += 1
    else:
        if _is_permanent(error) or attempts > len(BACK_OFF):
            columns["state"], kind = Delivery.State.FAILED, Kind.DELIVERY_FAILED
        else:
            columns |= {"state": Delivery.State.QUEUED, "next_try_at": timezone.now() + BACK_OFF[attempts - 1]}
        with transaction.atomic():
            ours = Delivery.objects.filter(pk=delivery.pk, lease_token=token, state=Delivery.State.STARTED)
            if ours.update(**columns) and kind:
                done.failed += 1
                told = {"to": delivery.recipient, "why": words}
                record(kind, delivery, by=PORTAL, at=timezone.now(), after=told)
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError | UnicodeError | ValueError):
        return mail
    _close(mail)
    return get_connection()


def _is_permanent(error: Exception) -> bool:
    """Whether trying again cannot help: a 5xx answer about this message, or a message that cannot be written at all."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(code >= 500 for code, _ in error.recipients.values())
        case smtplib.SMTPAuthenticationError():
            return False  # the operator mends this, not the recipient
        case smtplib.SMTPResponseException():
            return error.smtp_code >= 500
        case UnicodeError() | ValueError():
            return True
    return False


def _close(mail: BaseEmailBackend) -> None:
    with contextlib.suppress(Exception):  # it was broken; there is nothing left to save
        mail.close()


def envelope(delivery: Delivery) -> EmailMessage:
    """The e-mail of a delivery. The Message-ID is the same for every copy of it."""
    message = delivery.message
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{delivery.reference}@{domain}>", "Auto-Submitted": "auto-generated"}
    if delivery.flagged_copy:
        headers["X-Portal-Copy"] = "1"
    return EmailMessage(
        subject=" ".join(message.subject_line.split()),
        body=full_text(message, delivery),
        to=[delivery.address],
        headers=headers,
    )


def full_text(message: Message, delivery: Delivery | None = None) -> str:
    """The text as it leaves: greeting, body, link, and who writes."""
    greeting = f"Dear {delivery.recipient},\n\n" if delivery is not None else ""
    link = f"{Purpose.of(message.purpose).value.link}:\n{settings.BASE_URL}{message.path}"
    return f"{greeting}{message.body}\n\n{link}\n\n-- \nRecovery Portal, {settings.ORGANISATION_NAME}\n"
