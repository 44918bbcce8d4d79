"""A drill at every point of its life, for the tests of this room."""

from __future__ import annotations

import datetime as dt
from typing import Any

from audit.models import Event
from communications.models import Message
from communications.purposes import Purpose
from drills import gaps, marking, services
from drills.models import Action, Drill, DrillKind, What
from people.models import User
from tests.cast import NOW, Cast

HOUR = dt.timedelta(hours=1)
WINDOW = (NOW + dt.timedelta(days=10), NOW + dt.timedelta(days=10, hours=4))
START = WINDOW[0]  # when drills of these tests begin
OUTAGE = START + dt.timedelta(minutes=5)


def plan(cast: Cast, **values: Any) -> dict[str, Any]:
    """What `schedule` and `change` want."""
    wanted = {
        "kind": DrillKind.FULL_FAILOVER,
        "window_start": WINDOW[0],
        "window_end": WINDOW[1],
        "coordinator": cast.owner,
        "participants": [cast.platform],
        "success_criteria": "Claims can be paid in region 2.",
        "scenario": "Region 1 is gone.",
    }
    return wanted | values


def planned(cast: Cast, *, by: User | None = None, at: dt.datetime = NOW, **values: Any) -> Drill:
    return services.schedule(
        workload=values.pop("workload", cast.workload), by=by or cast.head, at=at, **plan(cast, **values)
    )


def running(cast: Cast, *, at: dt.datetime = START, **values: Any) -> Drill:
    drill = planned(cast, at=values.pop("planned_at", NOW), **values)
    services.start(drill=drill, by=cast.owner, at=at)
    return drill


def stamp(
    drill: Drill,
    cast: Cast,
    *,
    recovery: int | None = 600,
    loss: int | None = 60,
    machine: bool = True,
    typed: tuple[str, ...] = (),
    outage: dt.datetime | None = None,
) -> None:
    """Record an outage five minutes after the start, the recovery and the newest data, so many seconds apart."""
    began = outage or (drill.started_at or START) + dt.timedelta(minutes=5)
    times = {What.OUTAGE_BEGAN: began}
    if recovery is not None:
        times[What.SERVICE_HEALTHY] = began + dt.timedelta(seconds=recovery)
    if loss is not None:
        times[What.NEWEST_DATA] = began - dt.timedelta(seconds=loss)
    for what, time in times.items():
        by_machine = machine and what not in typed
        marking.mark(drill=drill, what=what, by=cast.owner, at=began + 2 * HOUR, time=time, machine=by_machine)


def finished(cast: Cast, *, at: dt.datetime | None = None, retested: tuple[Action, ...] = (), **values: Any) -> Drill:
    """A drill that met both targets of tier 1, unless told otherwise."""
    marks = {name: values.pop(name) for name in ("recovery", "loss", "machine", "typed") if name in values}
    start = values.pop("start", START)
    drill = running(cast, at=start, **values)
    stamp(drill, cast, **marks)
    return services.finish(drill=drill, by=cast.owner, at=at or start + 3 * HOUR, retested=retested)


def in_state(cast: Cast, state: str) -> Drill:
    """A drill of the cast's workload in this state."""
    if state == Drill.State.PLANNED:
        return planned(cast)
    if state == Drill.State.CANCELLED:
        drill = planned(cast)
        services.cancel(drill=drill, by=cast.head, at=NOW, reason="The vendor is away.")
        return drill
    if state == Drill.State.FINISHED:
        return finished(cast)
    drill = running(cast)
    if state == Drill.State.STOPPED:
        services.stop(drill=drill, by=cast.owner, at=START + HOUR, reason="A real alarm.")
    return drill


def gap(drill: Drill, cast: Cast, *, at: dt.datetime = START + 3 * HOUR, **values: Any) -> Action:
    wanted: dict[str, Any] = {
        "title": "DNS was slow",
        "owner": cast.platform,
        "due_on": (at + dt.timedelta(days=30)).date(),
    }
    return gaps.open_action(drill=drill, by=cast.owner, at=at, **(wanted | values))


def mended(drill: Drill, cast: Cast, *, at: dt.datetime = START + 4 * HOUR, **values: Any) -> Action:
    action = gap(drill, cast, **values)
    gaps.mark_action_done(action=action, by=cast.platform, at=at, how="Shorter cache time.")
    return action


def trail(kind: str) -> list[Event]:
    return list(Event.objects.filter(kind=kind).order_by("pk"))


def told(purpose: Purpose) -> list[set[str]]:
    """Who got each message of this purpose, in the order in which they were written."""
    messages = Message.objects.filter(purpose=purpose.key).order_by("pk").prefetch_related("deliveries__user")
    return [{delivery.recipient for delivery in message.deliveries.all()} for message in messages]
