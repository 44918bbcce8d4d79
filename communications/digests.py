"""One message a day for those who want no more."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from audit.services import PORTAL
from communications import outbox
from communications.calendar import has_passed
from communications.models import Delivery, Message, ReminderReceipt
from communications.purposes import Purpose
from communications.services import compose
from people.models import Mailing, User

MORNING = dt.time(7)


def gather(*, at: dt.datetime) -> int:
    """Compose the digests that are due: once per person and local day, of what was there at seven in her morning. How many?"""
    held = Delivery.objects.filter(state=Delivery.State.HELD).order_by()
    oldest = dict(held.values_list("user").annotate(Min("next_try_at")))
    yesterday = at.astimezone(dt.UTC).date() - dt.timedelta(days=1)
    had = ReminderReceipt.objects.filter(purpose=Purpose.DAILY_DIGEST.key, due_on__gte=yesterday)
    done = set(had.values_list("recipient_id", "due_on"))
    waiting = User.objects.filter(pk__in=oldest, is_active=True)
    due = [user for user in waiting if _is_due(user, oldest[user.pk], at, done)]
    if due and outbox.is_held(at=at):  # they may have left before the database was put back
        return 0
    return sum(_gather_for(user, at) for user in due)


def _is_due(user: User, since: dt.datetime, at: dt.datetime, done: set[tuple[int, dt.date]]) -> bool:
    if user.mailing != Mailing.DAILY:  # who went back to single messages does not wait for the morning
        return True
    today = _today(user, at)
    if (user.pk, today) in done:
        return False
    return has_passed(today, MORNING, user.zone, at) and not has_passed(today, MORNING, user.zone, since)


def _today(user: User, at: dt.datetime) -> dt.date:
    return at.astimezone(user.zone).date()


@transaction.atomic
def _gather_for(user: User, at: dt.datetime) -> bool:
    if user.mailing == Mailing.DAILY and not _is_first_today(user, at):
        return False
    # Without SKIP LOCKED: a second sweep waits, and then finds nothing left.
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("message").order_by("id")
    held = list(rows.filter(user=user, state=Delivery.State.HELD))
    digest = _digest(user, held, at) if held else None
    if digest is None:
        return False
    Delivery.objects.filter(pk__in=[d.pk for d in held]).update(state=Delivery.State.DIGESTED, digest=digest)
    return True


def _digest(user: User, held: list[Delivery], at: dt.datetime) -> Message | None:
    items = "\n\n".join(f"- {d.message.subject_line}\n  {settings.BASE_URL}{d.message.path}" for d in held)
    count = "1 message" if len(held) == 1 else f"{len(held)} messages"
    context = {"count": count, "items": items}
    return compose(
        Purpose.DAILY_DIGEST, to=[user], thread=user.trail_thread, path="/", context=context, by=PORTAL, at=at
    )


def _is_first_today(user: User, at: dt.datetime) -> bool:
    """Whether this call is the one that may; the receipt's unique index decides between simultaneous sweeps."""
    _, first = ReminderReceipt.objects.get_or_create(
        purpose=Purpose.DAILY_DIGEST.key,
        thread=user.trail_thread,
        due_on=_today(user, at),
        step="digest",
        recipient=user,
        defaults={"laid_at": at},
    )
    return first
