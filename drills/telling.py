"""Who hears about a drill, and what."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable

from django.conf import settings

from communications.purposes import Purpose
from communications.services import compose
from drills.models import Action, Drill, Grade
from people.models import User
from people.wording import date_words, duration
from workloads.models import Proof


def window_words(drill: Drill, zone: dt.tzinfo | None = None) -> str:
    """ "26 Nov 2026, 13:00 to 17:00 CET"; in the organisation's zone when many read the same words."""
    zone = zone or zoneinfo.ZoneInfo(settings.ORGANISATION_TIME_ZONE)
    start, end = drill.window_start.astimezone(zone), drill.window_end.astimezone(zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{date_words(end.date())}, {end:%H:%M}"
    since = f"{start:%H:%M}" if start.tzname() == end.tzname() else f"{start:%H:%M} {start.tzname()}"  # clocks change
    return f"{date_words(start.date())}, {since} to {until} {end.tzname()}"


def verdict_words(verdict: str, seconds: int | None, target: int | None, grade: str) -> str:
    """ "met, 13 min 4 s, promised 15 min (machine)", "missed, 18 min 5 s instead of 15 min (clicked live)"."""
    word = Proof(verdict).label.lower()
    if seconds is None:
        return word
    source = f" ({Grade(grade).label.lower()})" if grade else ""
    if target is None:
        return f"{word}, {duration(seconds)}, nothing promised{source}"
    link = " instead of" if verdict == Proof.MISSED else ", promised"
    return f"{word}, {duration(seconds)}{link} {duration(target)}{source}"


def everybody(drill: Drill) -> list[User]:
    """The coordinator and the participants who can still sign in, each once."""
    people = {person.pk: person for person in [drill.coordinator, *drill.participants.all()]}
    return [person for person in people.values() if person.is_active]


def others(people: Iterable[User], by: User) -> list[User]:
    return [person for person in people if person.pk != by.pk]


def scheduled(drill: Drill, people: Iterable[User], *, by: User, at: dt.datetime) -> None:
    compose(
        Purpose.DRILL_SCHEDULED,
        to=others(people, by),
        thread=drill.trail_thread,
        path=drill.get_absolute_url(),
        context={
            "workload": drill.workload.name,
            "kind": drill.get_kind_display(),
            "window": window_words(drill),
            "coordinator": drill.coordinator.name,
        },
        by=by,
        at=at,
    )


def changed(drill: Drill, people: Iterable[User], *, by: User, at: dt.datetime) -> None:
    compose(
        Purpose.DRILL_CHANGED,
        to=others(people, by),
        thread=drill.trail_thread,
        path=drill.get_absolute_url(),
        context={
            "workload": drill.workload.name,
            "kind": drill.get_kind_display(),
            "window": window_words(drill),
            "coordinator": drill.coordinator.name,
            "who": by.name,
        },
        by=by,
        at=at,
    )


def called_off(drill: Drill, *, by: User, at: dt.datetime, people: Iterable[User] | None = None) -> None:
    """Cancelled before it began, stopped while it ran, or no longer hers."""
    compose(
        Purpose.DRILL_CANCELLED,
        to=others(everybody(drill) if people is None else people, by),
        thread=drill.trail_thread,
        path=drill.get_absolute_url(),
        context={"workload": drill.workload.name, "window": window_words(drill), "who": by.name},
        by=by,
        at=at,
    )


def finished(drill: Drill, actions: int, *, by: User, at: dt.datetime) -> None:
    compose(
        Purpose.DRILL_FINISHED,
        to=everybody(drill),
        thread=drill.trail_thread,
        path=drill.get_absolute_url(),
        context={
            "workload": drill.workload.name,
            "rto": _rto_words(drill),
            "rpo": verdict_words(drill.rpo_verdict, drill.loss_seconds, drill.rpo_seconds, drill.rpo_grade),
            "actions": f"Gaps written down: {actions}",
        },
        by=by,
        at=at,
    )


def _rto_words(drill: Drill) -> str:
    """As `verdict_words`; of a service that never came back, for how long it was down."""
    down: int | None = (drill.report or {}).get("not_recovered_after_seconds")
    if drill.rto_verdict == Proof.MISSED and drill.recovery_seconds is None and down is not None:
        return f"missed, not back {duration(down)} after the outage, promised {duration(drill.rto_seconds or 0)}"
    return verdict_words(drill.rto_verdict, drill.recovery_seconds, drill.rto_seconds, drill.rto_grade)


def assigned(action: Action, *, by: User, at: dt.datetime) -> None:
    compose(
        Purpose.ACTION_ASSIGNED,
        to=others([action.owner], by),
        thread=action.trail_thread,
        path=action.get_absolute_url(),
        context={
            "workload": action.drill.workload.name,
            "title": action.title,
            "due": date_words(action.due_on),
            "drill": f"“{action.drill.get_kind_display()}, {date_words(action.drill.window_start.date())}”",
        },
        by=by,
        at=at,
    )
