"""One message a day for those who want no more."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction

from audit.services import PORTAL
from communications.calendar import has_passed
from communications.models import Delivery, ReminderReceipt
from communications.purposes import Purpose
from communications.services import compose
from people.models import Mailing, User

MORNING = dt.time(7)


def gather(*, at: dt.datetime) -> int:
    """Compose the digests that are due: once per person and local day, after seven in her morning. Returns how many."""
    waiting = User.objects.filter(deliveries__state=Delivery.State.HELD).distinct()
    return sum(_gather_for(user, at) for user in waiting)


def _gather_for(user: User, at: dt.datetime) -> int:
    today = at.astimezone(user.zone).date()
    # Who went back to single messages does not wait for the morning.
    if user.mailing == Mailing.DAILY and not has_passed(today, MORNING, user.zone, at):
        return 0
    with transaction.atomic():
        held = list(
            Delivery.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(user=user, state=Delivery.State.HELD)
            .select_related("message")
            .order_by("id")
        )
        if not held or (user.mailing == Mailing.DAILY and not _is_first_today(user, today, at)):
            return 0
        items = "\n\n".join(f"- {d.message.subject_line}\n  {settings.BASE_URL}{d.message.path}" for d in held)
        digest = compose(
            Purpose.DAILY_DIGEST, to=[user], thread=f"person:{user.pk}", path="/",
            context={"count": str(len(held)), "items": items}, by=PORTAL, at=at,
        )  # fmt: skip
        if digest is None:
            return 0
        Delivery.objects.filter(pk__in=[d.pk for d in held]).update(state=Delivery.State.DIGESTED, digest=digest)
    return 1


def _is_first_today(user: User, today: dt.date, at: dt.datetime) -> bool:
    _, first = ReminderReceipt.objects.get_or_create(
        purpose=Purpose.DAILY_DIGEST.key, thread=f"person:{user.pk}", due_on=today, step="digest", recipient=user,
        defaults={"laid_at": at},
    )  # fmt: skip
    return first
