"""A service that never came back, and a drill that was stopped: nobody steers a verdict by the moment of the end."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from communications.models import Message
from communications.purposes import Purpose
from drills import marking, queries, services
from drills.models import Drill, What
from people.models import organisation_today
from tests.cast import PASSWORD, put_in_force
from tests.drills.play import HOUR, OUTAGE, START, finished, mended, running, stamp, trail
from workloads.models import Workload

MINUTE = dt.timedelta(minutes=1)
RTO = 15 * MINUTE  # of tier 1; its RPO is 5 min
SECOND = dt.timedelta(seconds=1)


def down(cast, *, typed: bool = False, **values: Any) -> Drill:
    """A running drill whose outage is recorded and whose service is not healthy."""
    drill = running(cast, **values)
    if typed:
        marking.mark(drill=drill, what=What.OUTAGE_BEGAN, by=cast.owner, at=OUTAGE + SECOND, time=OUTAGE)
    else:
        marking.mark(drill=drill, what=What.OUTAGE_BEGAN, by=cast.owner, at=OUTAGE)
    return drill


def end(drill, cast, verb: str, at: dt.datetime) -> Drill:
    if verb == "finish":
        return services.finish(drill=drill, by=cast.owner, at=at)
    services.stop(drill=drill, by=cast.owner, at=at, reason="A real alarm.")
    return Drill.objects.get(pk=drill.pk)


@pytest.mark.parametrize("verb", ["finish", "stop"])
@pytest.mark.parametrize(
    ("after", "typed", "rto"),
    [
        (RTO + SECOND, False, "missed"),
        (RTO + SECOND, True, "missed"),  # a typed time may admit a miss
        (8 * HOUR, False, "missed"),
        (RTO, False, "unmeasured"),  # the promise could still be kept
        (MINUTE, False, "unmeasured"),
    ],
)
def test_never_healthy_is_a_miss_once_the_rto_has_passed(cast, verb, after, typed, rto):
    put_in_force(cast, tier=1)
    drill = end(down(cast, typed=typed), cast, verb, OUTAGE + after)
    assert (drill.rto_verdict, drill.rpo_verdict, drill.recovery_seconds) == (rto, "unmeasured", None)
    assert drill.rto_grade == (("typed" if typed else "live") if rto == "missed" else "")


@pytest.mark.parametrize("verb", ["finish", "stop"])
def test_without_a_target_or_an_outage_nothing_is_missed(cast, verb):
    drill = end(down(cast), cast, verb, OUTAGE + 9 * HOUR)
    assert drill.rto_verdict == "unmeasured"
    put_in_force(cast, tier=1)
    drill = end(running(cast), cast, verb, OUTAGE + 9 * HOUR)
    assert drill.rto_verdict == "unmeasured"


@pytest.mark.parametrize("verb", ["finish", "stop"])
def test_a_drill_of_words_misses_nothing(cast, verb):
    put_in_force(cast, tier=1)
    drill = end(down(cast, kind="tabletop"), cast, verb, OUTAGE + 9 * HOUR)
    assert drill.rto_verdict in ("", "unmeasured")
    cast.workload.refresh_from_db()
    assert cast.workload.proven_on is None


@pytest.mark.parametrize(
    ("marks", "rto", "rpo"),
    [
        ({}, "unmeasured", "unmeasured"),  # in time, but who stops proves no success
        ({"recovery": 901}, "missed", "unmeasured"),  # a late recovery is not undone by stopping
        ({"loss": 301}, "unmeasured", "missed"),
        ({"recovery": 901, "loss": 301, "machine": False}, "missed", "missed"),
        ({"recovery": None, "loss": None}, "missed", "unmeasured"),
    ],
)
def test_a_stopped_drill_admits_a_miss_and_proves_no_success(cast, marks, rto, rpo):
    put_in_force(cast, tier=1)
    drill = running(cast)
    stamp(drill, cast, **marks)
    drill = end(drill, cast, "stop", START + 3 * HOUR)
    assert (drill.state, drill.rto_verdict, drill.rpo_verdict) == (Drill.State.STOPPED, rto, rpo)
    assert (drill.report, drill.digest) == (None, "")


def test_a_stopped_miss_is_the_newest_proof_and_makes_the_review_due(cast):
    target = put_in_force(cast, tier=1)
    finished(cast)
    later = START + dt.timedelta(days=3)
    drill = running(cast, at=later, window_start=later, window_end=later + HOUR)
    marking.mark(drill=drill, what=What.OUTAGE_BEGAN, by=cast.owner, at=later)
    services.stop(drill=drill, by=cast.owner, at=later + HOUR, reason="A real alarm.")
    cast.workload.refresh_from_db()
    target.refresh_from_db()
    assert (cast.workload.proven_on, cast.workload.proof_rto, cast.workload.proof_rpo) == (
        later.date(), "missed", "unmeasured",
    )  # fmt: skip
    assert "missed the RTO" in target.review_because
    assert target.review_due_on == organisation_today(later)
    (line,) = trail("drill.stopped")
    assert (line.after["rto_verdict"], line.after["rpo_verdict"]) == ("missed", "unmeasured")
    newest = queries.newest_measured(cast.workload.pk)
    assert newest is not None
    assert newest.pk == drill.pk


def test_a_stopped_miss_does_not_satisfy_the_cadence(cast):
    put_in_force(cast, tier=1)
    finished(cast)
    due = queries.drill_due(cast.workload.pk)
    later = START + dt.timedelta(days=3)
    drill = running(cast, at=later, window_start=later, window_end=later + HOUR)
    marking.mark(drill=drill, what=What.OUTAGE_BEGAN, by=cast.owner, at=later)
    services.stop(drill=drill, by=cast.owner, at=later + HOUR, reason="A real alarm.")
    assert queries.drill_due(cast.workload.pk) == due
    late = queries.late_for_drill(Workload.objects.all(), today=due + dt.timedelta(days=1))
    assert [workload.pk for workload in late] == [cast.workload.pk]


def test_a_drill_stopped_in_time_leaves_the_older_proof(cast):
    target = put_in_force(cast, tier=1)
    finished(cast)
    drill = down(cast)
    services.stop(drill=drill, by=cast.owner, at=OUTAGE + MINUTE, reason="A real alarm.")
    cast.workload.refresh_from_db()
    target.refresh_from_db()
    assert (cast.workload.proof_rto, target.review_because) == ("met", "")


def test_a_stopped_miss_is_counted_with_its_quarter_and_found_by_its_verdict(cast, client):
    put_in_force(cast, tier=1)
    drill = end(down(cast), cast, "stop", OUTAGE + 2 * HOUR)
    (quarter,) = queries.verdicts_by_quarter(Workload.objects.all(), [(dt.date(2026, 10, 1), dt.date(2027, 1, 1))])
    assert (quarter.missed, quarter.drills) == (1, 1)
    client.login(email=cast.head.email, password=PASSWORD)
    assert [row["id"] for row in client.get("/api/v1/drills/?verdict=missed").json()["results"]] == [drill.pk]
    page = client.get(f"/drills/{drill.pk}/").content.decode()
    assert "not back" in page
    assert "It has no result" not in page


def test_the_report_says_how_long_it_was_not_back(cast):
    put_in_force(cast, tier=1)
    drill = end(down(cast), cast, "finish", OUTAGE + 2 * HOUR)
    report: Any = drill.report
    assert report["verdicts"]["rto"] == {"result": "missed", "seconds": None, "weakest_source": "live"}
    assert report["not_recovered_after_seconds"] == 7200
    body = Message.objects.get(purpose=Purpose.DRILL_FINISHED.key).body.replace("\xa0", " ")
    assert "missed, not back 2 h after the outage, promised 15 min" in body


def test_a_miss_by_never_healthy_opens_a_retested_gap_again(cast):
    put_in_force(cast, tier=1)
    action = mended(finished(cast), cast)
    later = START + dt.timedelta(days=30)
    drill = running(cast, at=later, window_start=later, window_end=later + HOUR)
    marking.mark(drill=drill, what=What.OUTAGE_BEGAN, by=cast.owner, at=later)
    services.finish(drill=drill, by=cast.owner, at=later + HOUR, retested=[action])
    action.refresh_from_db()
    assert action.state == "open"


@pytest.mark.parametrize(
    "columns", [{"rto_verdict": "met"}, {"rto_verdict": "claimed"}, {"rpo_verdict": "met"}, {"report": {}}]
)
def test_the_database_refuses_a_success_of_a_stopped_drill(cast, columns):
    put_in_force(cast, tier=1)
    drill = down(cast)
    whole = {
        "state": "stopped", "called_off_at": OUTAGE, "called_off_by": cast.owner, "called_off_reason": "No.",
        "rto_verdict": "unmeasured", "rpo_verdict": "unmeasured", "recovery_seconds": 1, "loss_seconds": 1,
        "rto_grade": "machine", "rpo_grade": "machine",
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Drill.objects.filter(pk=drill.pk).update(**(whole | columns))
