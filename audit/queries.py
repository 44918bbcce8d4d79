"""Reading the trail."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, QuerySet

from audit.models import Event

SEALED_WITHIN = dt.timedelta(minutes=5)  # the timetable seals every 15 seconds


@dataclass(frozen=True)
class Waiting:
    """Events that should have been sealed by now."""

    count: int
    first_id: int
    since: dt.datetime

    def __str__(self) -> str:
        events = "1 event" if self.count == 1 else f"{self.count:,} events"
        return (
            f"{events} older than 5 minutes, the first is event {self.first_id} of {self.since:%Y-%m-%d %H:%M:%S} UTC"
        )


def overdue_for_seal(*, at: dt.datetime) -> Waiting | None:
    """Events without a seal although they are older than 5 minutes. Asks the whole trail, not the sealer's queue."""
    found = Event.objects.filter(seal__isnull=True, at__lt=at - SEALED_WITHIN).aggregate(
        count=Count("pk"), first_id=Min("pk"), since=Min("at")
    )
    return Waiting(**found) if found["count"] else None


def history(thread: str, limit: int = 20) -> QuerySet[Event]:
    """The latest events of one thread ("workload:12"), newest first, with their seals."""
    return Event.objects.filter(thread=thread).select_related("seal")[:limit]
