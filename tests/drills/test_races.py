"""Many at once: real connections, real commits, exactly one effect."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from audit.errors import DeedError
from communications.models import Message
from communications.purposes import Purpose
from drills import gaps, marking, reminders, services
from drills.models import Action, Drill, Mark, What
from tests.cast import make_cast, put_in_force
from tests.drills.play import HOUR, OUTAGE, START, finished, gap, planned, running, stamp, trail
from tests.races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def answers_of(*deeds: Callable[[], Any]) -> Counter[str]:
    """How often each answer came back: "done", or the code of the refusal."""
    return Counter(o.code if isinstance(o, DeedError) else "done" for o in at_once(*deeds))


def fresh(drill: Drill) -> Drill:
    """The drill as one of many readers has it: read before anybody moved it."""
    return Drill.objects.select_related("workload", "coordinator").get(pk=drill.pk)


def test_of_thirty_who_start_one_does():
    cast = make_cast()
    put_in_force(cast)
    drill = planned(cast)
    copies = [fresh(drill) for _ in range(30)]
    answers = answers_of(*(lambda d=copy: services.start(drill=d, by=cast.owner, at=START) for copy in copies))
    assert answers == {"done": 1, "wrong-state": 29}
    assert len(trail("drill.started")) == 1


def test_of_thirty_who_record_a_moment_one_does():
    cast = make_cast()
    drill = running(cast)
    answers = answers_of(
        *(
            lambda n=n: marking.mark(
                drill=drill, what=What.OUTAGE_BEGAN, by=cast.owner, at=OUTAGE + dt.timedelta(seconds=n)
            )
            for n in range(30)
        )
    )
    assert answers == {"done": 1, "wrong-state": 29}
    assert Mark.objects.count() == len(trail("drill.marked")) == 1


def test_of_thirty_who_finish_one_does():
    cast = make_cast()
    put_in_force(cast)
    drill = running(cast)
    stamp(drill, cast)
    copies = [fresh(drill) for _ in range(30)]
    answers = answers_of(
        *(lambda d=copy: services.finish(drill=d, by=cast.owner, at=START + 3 * HOUR) for copy in copies)
    )
    assert answers == {"done": 1, "wrong-state": 29}
    assert len(trail("drill.finished")) == 1
    assert Message.objects.filter(purpose=Purpose.DRILL_FINISHED.key).count() == 1


@pytest.mark.parametrize("turn", range(5))
def test_a_time_is_in_the_report_or_refused(turn: int):
    cast = make_cast()
    drill = running(cast)
    at = START + 3 * HOUR
    answers = answers_of(
        lambda: services.finish(drill=fresh(drill), by=cast.owner, at=at),
        *(lambda what=what: marking.mark(drill=drill, what=what, by=cast.owner, at=at) for what in What),
    )
    drill.refresh_from_db()
    assert len((drill.report or {})["times"]) == drill.marks.count() == answers["done"] - 1


@pytest.mark.parametrize("turn", range(5))
def test_finishing_stopping_and_cancelling_exclude_each_other(turn: int):
    cast = make_cast()
    drill = running(cast)
    answers = answers_of(
        lambda: services.finish(drill=fresh(drill), by=cast.owner, at=START + HOUR),
        lambda: services.stop(drill=fresh(drill), by=cast.owner, at=START + HOUR, reason="Alarm."),
    )
    assert answers == {"done": 1, "wrong-state": 1}
    assert len(trail("drill.finished")) + len(trail("drill.stopped")) == 1


@pytest.mark.parametrize("turn", range(3))
def test_what_a_drill_was_started_with_is_what_was_agreed(turn: int):
    cast = make_cast()
    drill = planned(cast)
    values: dict[str, Any] = {
        "kind": "restore", "window_start": drill.window_start, "window_end": drill.window_end,
        "coordinator": cast.owner, "success_criteria": "Easier.", "participants": [cast.sponsor],
    }  # fmt: skip
    answers_of(
        lambda: services.start(drill=fresh(drill), by=cast.owner, at=START),
        lambda: services.change(drill=fresh(drill), by=cast.head, at=START, **values),
    )
    drill.refresh_from_db()
    assert drill.state == Drill.State.RUNNING
    changed = bool(trail("drill.changed"))
    assert (drill.success_criteria == "Easier.") == changed
    assert [p.name for p in drill.participants.all()] == (["David Okafor"] if changed else ["Jonas Lindqvist"])


def test_of_thirty_who_mend_a_gap_one_does():
    cast = make_cast()
    action = gap(finished(cast), cast)
    copies = [Action.objects.select_related("drill__workload").get(pk=action.pk) for _ in range(30)]
    answers = answers_of(
        *(lambda a=copy: gaps.mark_action_done(action=a, by=cast.platform, at=START, how="Work.") for copy in copies)
    )
    assert answers == {"done": 1, "wrong-state": 29}
    assert len(trail("action.done")) == 1


def test_many_sweeps_at_once_remind_once():
    cast = make_cast()
    drill = planned(cast)
    at = drill.window_start - dt.timedelta(days=7)
    answers_of(*(lambda: reminders.remind_all(at=at) for _ in range(8)))
    assert Message.objects.filter(purpose=Purpose.DRILL_REMINDER.key).count() == 2
