"""Reading the trail."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Min, QuerySet

from audit.models import Event

SEALED_WITHIN = dt.timedelta(minutes=5)  # the timetable seals every 15 seconds
PAGE = 50
EXPORT_HEADER = (
    "position", "digest", "event", "time (UTC)", "kind", "what", "person number", "person", "door", "subject type",
    "subject number", "subject", "thread", "before", "after",
)  # fmt: skip


@dataclass(frozen=True)
class Waiting:
    """Events that should have been sealed by now."""

    count: int
    first_id: int
    since: dt.datetime

    def __str__(self) -> str:
        events = "1 event" if self.count == 1 else f"{self.count:,} events"
        return f"{events} older than 5 minutes, the first is event {self.first_id}, {self.since:%Y-%m-%d %H:%M:%S} UTC"


def overdue_for_seal(*, at: dt.datetime) -> Waiting | None:
    """Events without a seal although they are older than 5 minutes. Asks the whole trail, not the sealer's queue."""
    found = Event.objects.filter(seal__isnull=True, at__lt=at - SEALED_WITHIN).aggregate(
        count=Count("pk"), first_id=Min("pk"), since=Min("at")
    )
    return Waiting(**found) if found["count"] else None


def history(thread: str, limit: int = 20) -> QuerySet[Event]:
    """The latest events of one thread ("workload:12"), newest first, with their seals. For `audit/_history.html`."""
    return Event.objects.filter(thread=thread).select_related("seal")[:limit]


@dataclass(frozen=True)
class Page:
    """Events, newest first. `older` and `newer` are the numbers to go on from, None at an end."""

    events: Sequence[Event]
    older: int | None
    newer: int | None


def page(events: QuerySet[Event], *, older: int | None = None, newer: int | None = None) -> Page:
    """Fifty events below the number `older`, or above `newer`, or the latest. Costs the same on any page of any trail."""
    chosen = events.select_related("seal")
    if newer is not None:
        found = list(chosen.filter(pk__gt=newer).order_by("pk")[: PAGE + 1])
        more, found = len(found) > PAGE, found[:PAGE][::-1]
        return Page(found, found[-1].pk if found else None, found[0].pk if more else None)
    below = chosen if older is None else chosen.filter(pk__lt=older)
    found = list(below.order_by("-pk")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    return Page(found, found[-1].pk if more else None, found[0].pk if found and older is not None else None)


def export_batches(events: QuerySet[Event], size: int = 2000) -> Iterator[list[list[object]]]:
    """All events in the order of their numbers as rows for a spreadsheet, in batches: no cursor stays open meanwhile."""
    chosen, last = events.select_related("seal").order_by("pk"), 0
    while batch := list(chosen.filter(pk__gt=last)[:size]):
        last = batch[-1].pk
        yield [_row(event) for event in batch]


def _row(event: Event) -> list[object]:
    seal = event.seal_or_none
    return [
        seal.position if seal else "not sealed yet",
        seal.hex if seal else "",
        event.pk,
        f"{event.at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}",
        event.kind,
        event.get_kind_display(),
        event.actor_id,
        event.actor_name,
        event.get_door_display(),
        event.subject_type,
        event.subject_id,
        event.subject_name,
        event.thread,
        json.dumps(event.before, ensure_ascii=False, sort_keys=True),
        json.dumps(event.after, ensure_ascii=False, sort_keys=True),
    ]
