"""The outbox as a whole: counted, and held when the database knows less than this machine saw leave.

A database that was put back from an older backup holds messages that left long ago. Nothing leaves then until a person
has looked and says so (`manage.py outbox`).
"""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from audit import outside, sealing
from audit.errors import WrongState
from audit.kinds import Kind
from audit.services import PORTAL, Actor, record
from communications.models import Delivery, DeliveryQuerySet, Outbox
from people.models import User
from people.permissions import Permission

log = logging.getLogger(__name__)
State = Delivery.State
WAITING = (State.QUEUED, State.HELD, State.STARTED)


def outbox() -> Outbox:
    return Outbox.objects.get()


def is_held(*, at: dt.datetime) -> bool:
    """Whether nothing may leave. Holds by itself when the database turns out to be older than what this machine saw."""
    why = missing()
    held = outbox().held_at is not None
    if not held and why:
        with suppress(WrongState):  # another worker saw it too
            hold(by=PORTAL, at=at, why=why)
    return held or bool(why)


def missing() -> str:
    """What this machine saw and the database does not know, as a sentence; empty when all is there.

    The file is read first: rounds that leave meanwhile stand in the database before they stand in the file.
    """
    try:
        seen = outside.known().rounds
        known = outbox().rounds
        if seen > known:
            return f"{seen} rounds of messages had left when this machine saw it last; the database knows of {known}."
        return outside.missing_trail()
    except outside.Unreadable as error:
        return str(error)


@transaction.atomic
def hold(*, by: User | Actor, at: dt.datetime, why: str) -> Outbox:
    """Let nothing leave any more. Raises WrongState when it is held already, NotAllowed."""
    if isinstance(by, User):
        by.require(Permission.RETRY_MESSAGES)
    if not Outbox.objects.filter(held_at=None).update(held_at=at, held_why=why[:500]):
        raise WrongState("The outbox is held already.")
    log.error("THE OUTBOX IS HELD, nothing leaves: %s See: manage.py outbox status", why)
    found = outbox()
    record(Kind.OUTBOX_HELD, found, by=by, at=at, after={"why": found.held_why})
    return found


@transaction.atomic
def release(*, by: User, at: dt.datetime, sent_before: dt.datetime | None = None) -> int:
    """Let messages leave again. What was due before `sent_before` is taken as sent; returns how many.

    Raises WrongState when nothing is held, NotAllowed.
    """
    by.require(Permission.RETRY_MESSAGES)
    if not Outbox.objects.exclude(held_at=None).update(held_at=None, held_why=""):
        raise WrongState("The outbox is not held.")
    taken = 0
    if sent_before is not None:
        said = f"Taken as sent by {by} when the outbox was released."
        free = {"lease_token": None, "lease_until": None, "last_error": said}
        taken = waiting(before=sent_before).update(state=State.SENT, sent_at=sent_before, **free)
    found = outbox()
    after = {"taken_as_sent": taken, "sent_before": sent_before.isoformat() if sent_before else None}
    record(Kind.OUTBOX_RELEASED, found, by=by, at=at, after=after)
    sealing.seal_all(at=at)
    transaction.on_commit(lambda: outside.accept(sealing.head(), found.rounds))
    return taken


def waiting(*, before: dt.datetime | None = None) -> DeliveryQuerySet:
    """What has not left as far as the database knows; with `before` only what was due by then."""
    found = Delivery.objects.filter(state__in=WAITING)
    return found.filter(next_try_at__lt=before) if before else found


def may_have_left() -> dt.datetime | None:
    """The last moment at which this machine saw messages leave, or the trail grow: what was due before may have left."""
    try:
        return outside.known().moment
    except outside.Unreadable:
        return timezone.now()
