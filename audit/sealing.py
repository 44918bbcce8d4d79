"""Sealing: giving every event of the trail its place in the hash chain, after the fact.

Writers know nothing of the chain and never wait for it. One sealer at a time takes what has been committed since, in
the order of the events' numbers, and gives out positions without gaps. An event that commits later gets a later
position, even when its number is lower.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from audit import outside
from audit.chain import ENCODING, GENESIS, Head, Line, Link, encode, link

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

BATCH = 10_000
SEALER_LOCK = 0x7472_6169_6C  # "trail": one number for the whole database

LINE = """e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.kind, e.actor_id, e.actor_name,
    e.door, e.subject_type, e.subject_id, e.subject_name, e.thread, e.before::text, e.after::text"""

# The queue holds exactly the events without a seal, so this reads no more rows than it returns: no watermark that a
# late commit could slip under, and no search through millions of sealed events. A row of the queue can only be seen
# together with its event, because one transaction wrote both.
WAITING = "SELECT event_id FROM audit_unsealed ORDER BY event_id LIMIT %s"
# NOT EXISTS guards against a row put into the queue by hand.
LINES = f"""
    SELECT {LINE} FROM audit_event e
    WHERE e.id = ANY(%s) AND NOT EXISTS (SELECT FROM audit_seal s WHERE s.event_id = e.id)
    ORDER BY e.id
"""  # noqa: S608 (constants only)
SEALED = f"""
    SELECT s.position, s.event_id, s.encoding, s.digest, {LINE}
    FROM audit_seal s LEFT JOIN audit_event e ON e.id = s.event_id ORDER BY s.position
"""  # noqa: S608 (constants only)
ADD_SEALS = """
    INSERT INTO audit_seal (position, event_id, encoding, digest, sealed_at)
    SELECT position, event_id, %s, digest, %s FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[])
        AS new (position, event_id, digest)
"""
FORGOTTEN = """
    INSERT INTO audit_unsealed (event_id)
    SELECT id FROM audit_event e WHERE NOT EXISTS (SELECT FROM audit_seal s WHERE s.event_id = e.id)
    ON CONFLICT DO NOTHING
"""


def seal(*, at: dt.datetime, limit: int = BATCH) -> int:
    """Seal up to `limit` events that wait. Returns how many; 0 also when another sealer is at work."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        # The next statement sees everything the sealer before us committed: its lock ended with its transaction.
        head = _head(cursor)
        cursor.execute(WAITING, [limit])
        waiting = [event for (event,) in cursor.fetchall()]
        cursor.execute(LINES, [waiting])
        lines = [Line(*row) for row in cursor.fetchall()]
        _add(cursor, head, lines, at)
        cursor.execute("DELETE FROM audit_unsealed WHERE event_id = ANY(%s)", [waiting])
    return len(lines)


def keep_head_outside() -> None:
    """Write down where the database is not how the trail ends. Call it when what was sealed stands."""
    outside.note_head(head())


def seal_all(*, at: dt.datetime) -> int:
    """Seal until nothing waits, also what somebody took out of the queue. Searches the whole trail: for commands."""
    with connection.cursor() as cursor:
        cursor.execute(FORGOTTEN)
    sealed = 0
    while done := seal(at=at):
        sealed += done
    return sealed


def head() -> Head:
    """The size of the sealed trail and its last digest."""
    with connection.cursor() as cursor:
        return _head(cursor)


def sealed_links() -> Iterator[Link]:
    """The whole chain in order, streamed from one snapshot of the database. Reads raw rows: millions pass here."""
    with transaction.atomic():
        connection.ensure_connection()
        with connection.connection.cursor("sealed_trail") as cursor:
            cursor.itersize = 5000
            for row in cursor.execute(SEALED):
                line = None if row[4] is None else Line(*row[4:])
                yield Link(row[0], row[1], row[2], bytes(row[3]), line)


def _head(cursor: CursorWrapper) -> Head:
    cursor.execute("SELECT position, digest FROM audit_seal ORDER BY position DESC LIMIT 1")
    row: tuple[Any, ...] | None = cursor.fetchone()
    return Head(row[0], bytes(row[1])) if row else Head(0, GENESIS)


def _add(cursor: CursorWrapper, head: Head, lines: Sequence[Line], at: dt.datetime) -> None:
    positions = list(range(head.size + 1, head.size + 1 + len(lines)))
    digests, digest = [], head.digest
    for position, line in zip(positions, lines, strict=True):
        digest = link(digest, position, encode(line))
        digests.append(digest)
    events = [line.id for line in lines]
    cursor.execute(ADD_SEALS, [ENCODING, at, positions, events, digests])
