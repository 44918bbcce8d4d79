"""Rounds: which worker has which deliveries in its hands, and which one is leaving now.

A worker takes up to BATCH deliveries under one token until a moment of the database's clock: one durable commit. Before each
letter it notes in its round which delivery leaves; it walks in the order of the numbers, so that everything before the note has
been taken by the server. A note does not wait for the disk.

A worker that is killed leaves its note behind: what came before was sent, what comes after never left, and the one noted is in
doubt. A crash of the database may lose the notes of its last moment, and all witnesses: their table is unlogged. A living worker
then says itself what it got rid of. Where worker and database died together, what was not sent for sure is in doubt. Whatever is
in doubt is sent once more with the same Message-ID, and flagged.

Nobody is judged by a lease that ran out while the database was away: for one lease after its return (`stay_awake`) the living
have time to say what they got rid of.

Every write presents the token, so that a worker that was away too long changes nothing.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from audit import outside
from audit.kinds import Kind
from audit.services import PORTAL, record
from communications.models import Delivery, Round, Witness

BATCH = 100
SETTLE_AFTER = 2  # seconds after which a slow round says what was sent, and renews its lease
PATIENCE = 86_400  # seconds that a worker waits for a database that went away, to say what it had sent
TOKENS = 50  # abandoned rounds that one call puts in order
# What a letter is written from, and a line of the trail. Reading all columns takes longer than sending.
NEEDED = (
    "address", "state", "reference", "attempts", "flagged_copy", "user__name", "contact__name", "contact__organisation",
    "message__purpose", "message__subject_line", "message__body", "message__path", "message__thread",
)  # fmt: skip
# Waits after a passing fault; then it failed and somebody has to look.
BACK_OFF = tuple(dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440))

# The list of due rows is drawn up once (MATERIALIZED): drawn up again for each row it would lock more than it takes.
# statement_timestamp() is stable, so that the index on next_try_at is read only as far as today.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM communications_delivery
    WHERE state = 'queued' AND next_try_at <= statement_timestamp()
    ORDER BY next_try_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), counted AS (
    UPDATE communications_outbox SET rounds = rounds + 1 WHERE held_at IS NULL AND EXISTS (SELECT FROM due) RETURNING rounds
), begun AS (
    INSERT INTO communications_round (token) SELECT %(token)s FROM counted
), witnessed AS (
    INSERT INTO communications_witness (token) SELECT %(token)s FROM counted
)
UPDATE communications_delivery SET state = 'started', started_at = clock_timestamp(),
    lease_token = %(token)s, lease_until = clock_timestamp() + %(lease)s
FROM due, counted WHERE communications_delivery.id = due.id RETURNING counted.rounds
"""
# For this one statement the commit does not wait for the disk.
_AT_ONCE = "(SELECT set_config('synchronous_commit', 'off', true)) AS at_once"
_NOTE = f"UPDATE communications_round SET leaving = %s, noted_at = clock_timestamp() FROM {_AT_ONCE} WHERE token = %s"  # noqa: S608 (constants only)
_FORGET = f"DELETE FROM communications_round USING {_AT_ONCE} WHERE token = %s"  # noqa: S608 (constants only)
# Workers look every few seconds. When nobody did for a lease, the database was away, or nobody was there: both are a break.
_AWAKE = """
INSERT INTO communications_awake AS known (id, since, seen) VALUES (1, clock_timestamp(), clock_timestamp())
ON CONFLICT (id) DO UPDATE SET seen = clock_timestamp(),
    since = CASE WHEN known.seen < clock_timestamp() - %(lease)s THEN clock_timestamp() ELSE known.since END
RETURNING known.since <= clock_timestamp() - %(lease)s
"""
_SENT = """
UPDATE communications_delivery SET state = 'sent', sent_at = clock_timestamp() - taken.since * interval '1 second',
    attempts = attempts + 1, lease_token = NULL, lease_until = NULL
FROM unnest(%s::bigint[], %s::float[]) AS taken (id, since)
WHERE communications_delivery.id = taken.id AND state = 'started' AND lease_token = %s
"""


def lease() -> dt.timedelta:
    """Longer than one message can take on a dying line; renewed by every round that lives."""
    return dt.timedelta(seconds=settings.DELIVERY_LEASE)


@dataclass
class Hand:
    """What this worker holds: `left` by number, and when (monotonic) the server took each of `taken`."""

    token: uuid.UUID
    left: dict[int, Delivery]
    taken: dict[int, float] = field(default_factory=dict)
    settled: float = field(default_factory=time.monotonic)

    @property
    def is_slow(self) -> bool:
        return time.monotonic() - self.settled > SETTLE_AFTER


def stay_awake() -> bool:
    """Tell the database that somebody sees it; whether it has been seen without a break for as long as a lease."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"lease": lease()}
        cursor.execute(_AWAKE, values)
        return bool(cursor.fetchone()[0])


def due(limit: int) -> int:
    """How many are due, counted up to the limit."""
    return Delivery.objects.filter(state=Delivery.State.QUEUED, next_try_at__lte=Now())[:limit].count()


def claim(limit: int | None = None) -> Hand | None:
    """Take up to `limit` (a batch) of what is due and not in other hands. None when there is nothing, or the outbox is held."""
    token = uuid.uuid4()
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"token": token, "limit": limit or BATCH, "lease": lease()}
        cursor.execute(_CLAIM, values)
        counted = cursor.fetchone()
        if counted is None:
            return None
    outside.note_round(counted[0])  # before the first letter leaves: a backup that is put back shows by it
    found = _held(token).select_related("message", "user", "contact").only(*NEEDED).order_by("id")
    return Hand(token, {delivery.pk: delivery for delivery in found})


def note(hand: Hand, number: int) -> bool:
    """Note that this delivery leaves now. False when the round was taken away: nothing of it may leave any more."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [number, hand.token])
        return bool(cursor.rowcount)


def sent(hand: Hand, number: int) -> None:
    """Remember that the server took it; `settle` writes it down."""
    del hand.left[number]
    hand.taken[number] = time.monotonic()


def settle(hand: Hand) -> None:
    """Write down what was sent, and keep the rest for another lease."""
    stay_awake()
    _write_sent(hand)
    if hand.left:
        _held(hand.token).update(lease_until=Now() + lease())
    hand.settled = time.monotonic()


def finish(hand: Hand) -> None:
    """Write down what was sent, and give the rest back."""
    _write_sent(hand)
    if hand.left:
        _held(hand.token).update(state=Delivery.State.QUEUED, lease_token=None, lease_until=None)
        hand.left.clear()
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [hand.token])
    Witness.objects.filter(pk=hand.token).delete()


def _write_sent(hand: Hand) -> None:
    if not hand.taken:
        return
    now = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_SENT, [list(hand.taken), [now - at for at in hand.taken.values()], hand.token])
    hand.taken.clear()


def finish_when_possible(hand: Hand) -> None:
    """The database went away in the middle of a round: finish it as soon as it is back. Only this worker knows what was sent."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            finish(hand)
        except DatabaseError:
            connection.close()
            time.sleep(0.2)
        else:
            return


def fail(hand: Hand, delivery: Delivery, why: str) -> None:
    """It cannot be delivered: somebody has to look."""
    with transaction.atomic():
        values = {"state": Delivery.State.FAILED, "last_error": why, "attempts": F("attempts") + 1}
        if _end(hand, delivery, **values):
            _tell(Kind.DELIVERY_FAILED, delivery, why)


def postpone(hand: Hand, delivery: Delivery, why: str) -> bool:
    """A passing fault: later, or failed when it has not passed for days. True while there is hope."""
    if delivery.attempts >= len(BACK_OFF):
        fail(hand, delivery, why)
        return False
    again = Now() + BACK_OFF[delivery.attempts]
    values = {"state": Delivery.State.QUEUED, "next_try_at": again, "last_error": why, "attempts": F("attempts") + 1}
    _end(hand, delivery, **values)
    return True


def doubt(hand: Hand, delivery: Delivery) -> None:
    """The line broke while it left. The copy waits a minute, in which the server may come to its senses."""
    with transaction.atomic():
        if _held(hand.token).select_for_update().filter(pk=delivery.pk).exists():
            _doubt(delivery, wait=BACK_OFF[0])
    hand.left.pop(delivery.pk, None)


def resolve() -> int:
    """Put rounds in order whose worker vanished. Returns how many deliveries are in doubt."""
    if not stay_awake():
        return 0
    expired = Delivery.objects.filter(state=Delivery.State.STARTED, lease_until__lt=Now())
    tokens = list(expired.order_by().values_list("lease_token", flat=True).distinct()[:TOKENS])
    return sum(_resolve(token) for token in tokens if token is not None)


@transaction.atomic
def _resolve(token: uuid.UUID) -> int:
    # The round first: with it locked its worker, if it lives after all, can let nothing further leave.
    round_ = Round.objects.select_for_update().filter(pk=token).first()
    found = list(
        _held(token)
        .filter(lease_until__lt=Now())
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("message", "user", "contact")
        .order_by("id")
    )
    if not found:
        return 0  # it lives, and has renewed its lease
    leaving = (round_.leaving if round_ else None) or 0
    complete = Witness.objects.filter(pk=token).exists()
    doubted = [d for d in found if d.pk == leaving or (d.pk > leaving and not complete)]
    for delivery in doubted:
        _doubt(delivery, wait=dt.timedelta())
    free: dict[str, Any] = {"lease_token": None, "lease_until": None}
    gone, rest = _held(token).filter(pk__in=[d.pk for d in found], pk__lt=leaving), _held(token)
    if round_ is not None:
        gone.update(state=Delivery.State.SENT, sent_at=round_.noted_at, attempts=F("attempts") + 1, **free)
        round_.delete()
    rest.filter(pk__in=[d.pk for d in found]).update(state=Delivery.State.QUEUED, **free)
    Witness.objects.filter(pk=token).delete()
    return len(doubted)


def _doubt(delivery: Delivery, *, wait: dt.timedelta) -> None:
    """Once more, flagged; a second time, failed. Call it with the row locked."""
    rows, free = Delivery.objects.filter(pk=delivery.pk), {"lease_token": None, "lease_until": None}
    if delivery.flagged_copy:
        why = "In doubt twice: the line broke while it left, and again while the copy left."
        rows.update(state=Delivery.State.FAILED, last_error=why, attempts=F("attempts") + 1, **free)
        _tell(Kind.DELIVERY_FAILED, delivery, why)
        return
    why = "In doubt: the line broke while it left. It is sent once more, with the same Message-ID."
    again = {"state": Delivery.State.QUEUED, "next_try_at": Now() + wait, "flagged_copy": True}
    rows.update(last_error=why, attempts=F("attempts") + 1, **again, **free)
    _tell(Kind.DELIVERY_DOUBTED, delivery, why)


def _held(token: uuid.UUID) -> QuerySet[Delivery]:
    return Delivery.objects.filter(lease_token=token, state=Delivery.State.STARTED)


def _end(hand: Hand, delivery: Delivery, **values: object) -> bool:
    hand.left.pop(delivery.pk, None)
    return bool(_held(hand.token).filter(pk=delivery.pk).update(lease_token=None, lease_until=None, **values))


def _tell(kind: Kind, delivery: Delivery, why: str) -> None:
    record(kind, delivery, by=PORTAL, at=timezone.now(), after={"to": delivery.recipient, "why": why})
