"""Reading the trail."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Now

from audit.models import Event

SEALED_WITHIN = dt.timedelta(minutes=5)  # the timetable seals every 15 seconds
CLOCKS_DIFFER_BY = dt.timedelta(minutes=1)  # the portal's machine and the database's, at most
PAGE = 50
EXPORT_HEADER = (
    "position", "digest", "event", "time (UTC)", "kind", "what", "person number", "person", "door", "subject type",
    "subject number", "subject", "thread", "before", "after",
)  # fmt: skip


@dataclass(frozen=True)
class Amiss:
    """Events that should not be as they are; `what` says how, after their number."""

    what: str
    count: int
    first_id: int
    first_at: dt.datetime

    def __str__(self) -> str:
        events = "1 event" if self.count == 1 else f"{self.count:,} events"
        return f"{events} {self.what}, the first is event {self.first_id}, {self.first_at:%Y-%m-%d %H:%M:%S} UTC"


def overdue_for_seal() -> Amiss | None:
    """Events without a seal 5 minutes after the database wrote them, or taken out of the sealer's queue. Asks the whole trail.

    An event says itself when it happened; how long it waits is the database's to say.
    """
    late = Q(written_at__lt=Now() - SEALED_WITHIN) | Q(unsealed__isnull=True)
    return _amiss("without a seal, longer than 5 minutes or past the queue", Q(seal__isnull=True) & late)


def dated_ahead() -> Amiss | None:
    """Events that say they happened after the database wrote them, or were written at a time that has yet to come."""
    return _amiss(
        "dated ahead of the database's clock",
        Q(at__gt=F("written_at") + CLOCKS_DIFFER_BY) | Q(written_at__gt=Now() + CLOCKS_DIFFER_BY),
    )


def _amiss(what: str, which: Q) -> Amiss | None:
    found = Event.objects.filter(which).aggregate(count=Count("pk"), first_id=Min("pk"), first_at=Min("at"))
    return Amiss(what, **found) if found["count"] else None


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
