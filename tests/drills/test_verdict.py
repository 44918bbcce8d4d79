"""Verdicts are computed, and a typed time proves nothing."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills import models, verdict
from drills.verdict import Clocked, Grade, Result, What, elapsed, judge, judge_drill, odd, out_of_order, weakest
from workloads.models import Proof

ZERO = dt.datetime(2026, 11, 26, 12, 0, tzinfo=dt.UTC)
GRADES = st.sampled_from(list(Grade))
SECONDS = st.integers(min_value=0, max_value=10**7)


def clocked(seconds: float, grade: Grade = Grade.MACHINE) -> Clocked:
    return Clocked(ZERO + dt.timedelta(seconds=seconds), grade)


@pytest.mark.parametrize(
    ("target", "seconds", "grades", "result"),
    [
        (900, 899, ("machine", "machine"), "met"),
        (900, 900, ("live", "machine"), "met"),  # equal is met
        (900, 901, ("machine", "machine"), "missed"),
        (900, 900.001, ("machine", "machine"), "missed"),  # a begun second counts
        (900, 899, ("typed", "machine"), "claimed"),
        (900, 899, ("machine", "typed"), "claimed"),
        (900, 901, ("typed", "typed"), "missed"),  # a typed time may admit a miss
        (0, 0, ("machine", "machine"), "met"),
        (0, 1, ("machine", "machine"), "missed"),
        (None, 5, ("machine", "machine"), "unmeasured"),
    ],
)
def test_a_time_against_its_target(target, seconds, grades, result):
    start, end = (Grade(grade) for grade in grades)
    assert judge(target, clocked(0, start), clocked(seconds, end)).result == result


def test_a_missing_time_measures_nothing():
    assert (
        judge(900, None, clocked(1)) == judge(900, clocked(1), None) == verdict.Verdict(Result.UNMEASURED, None, None)
    )


@given(target=SECONDS, seconds=SECONDS, other=GRADES)
def test_a_typed_time_never_proves_a_success(target, seconds, other):
    for start, end in ((Grade.TYPED, other), (other, Grade.TYPED)):
        assert judge(target, clocked(0, start), clocked(seconds, end)).result is not Result.MET


@given(target=SECONDS, seconds=SECONDS, start=GRADES, end=GRADES)
def test_over_the_target_is_missed_whatever_the_source(target, seconds, start, end):
    found = judge(target, clocked(0, start), clocked(seconds, end))
    assert (found.result is Result.MISSED) == (seconds > target)
    assert found.grade is weakest(start, end)
    assert found.seconds == seconds


@given(target=SECONDS, seconds=SECONDS, less=SECONDS, start=GRADES, end=GRADES)
def test_being_faster_is_never_worse(target, seconds, less, start, end):
    fast, slow = sorted((seconds, less))
    if judge(target, clocked(0, start), clocked(slow, end)).result is not Result.MISSED:
        assert judge(target, clocked(0, start), clocked(fast, end)).result is not Result.MISSED


@given(target=SECONDS, seconds=SECONDS, start=GRADES, end=GRADES)
def test_a_better_source_is_never_worse(target, seconds, start, end):
    order = [Result.MISSED, Result.CLAIMED, Result.MET]
    weak = judge(target, clocked(0, start), clocked(seconds, end)).result
    strong = judge(target, clocked(0, Grade.MACHINE), clocked(seconds, Grade.MACHINE)).result
    assert order.index(strong) >= order.index(weak)


@given(microseconds=st.integers(min_value=0, max_value=10**12))
def test_what_is_shown_never_hides_a_miss(microseconds):
    seconds = elapsed(ZERO, ZERO + dt.timedelta(microseconds=microseconds))
    assert seconds * 10**6 >= microseconds > (seconds - 1) * 10**6 or microseconds == seconds == 0


def test_time_does_not_run_backwards():
    with pytest.raises(ValueError, match="before the start"):
        elapsed(ZERO, ZERO - dt.timedelta(seconds=1))


MOMENTS = {
    What.NEWEST_DATA: clocked(-60),
    What.OUTAGE_BEGAN: clocked(0),
    What.DECLARED: clocked(120, Grade.TYPED),
    What.SERVICE_HEALTHY: clocked(600, Grade.LIVE),
}


def test_recovery_counts_from_the_outage_and_loss_up_to_it():
    found = judge_drill(MOMENTS, rto_seconds=900, rpo_seconds=300, measures=True, ended_at=ZERO)
    assert (found.rto.seconds, found.rto.result, found.rto.grade) == (600, Result.MET, Grade.LIVE)
    assert (found.rpo.seconds, found.rpo.result, found.rpo.grade) == (60, Result.MET, Grade.MACHINE)
    assert (found.declare.seconds, found.declare.result) == (120, Result.UNMEASURED)


@given(rto=SECONDS, rpo=SECONDS)
def test_a_drill_of_words_measures_nothing(rto, rpo):
    found = judge_drill(MOMENTS, rto_seconds=rto, rpo_seconds=rpo, measures=False, ended_at=ZERO)
    assert found.rto.result is found.rpo.result is Result.UNMEASURED


DOWN = {What.OUTAGE_BEGAN: clocked(0, Grade.LIVE)}


@pytest.mark.parametrize(
    ("moments", "ended", "stopped", "rto", "rpo", "down_for"),
    [
        # finished: never healthy
        (DOWN, 900, False, "unmeasured", "unmeasured", 900),  # equal could still be met
        (DOWN, 900.001, False, "missed", "unmeasured", 901),
        (DOWN, 10**6, False, "missed", "unmeasured", 10**6),
        (DOWN | {What.NEWEST_DATA: clocked(-60)}, 10**6, False, "missed", "met", 10**6),
        ({What.OUTAGE_BEGAN: clocked(0, Grade.TYPED)}, 901, False, "missed", "unmeasured", 901),
        (DOWN, -4, False, "unmeasured", "unmeasured", 0),  # a machine's clock ahead of ours
        ({}, 10**6, False, "unmeasured", "unmeasured", None),
        ({What.DECLARED: clocked(0)}, 10**6, False, "unmeasured", "unmeasured", None),
        # healthy: the end of the drill changes nothing
        (MOMENTS, 10**6, False, "met", "met", None),
        # stopped: a miss stays, nothing else counts
        (DOWN, 900, True, "unmeasured", "unmeasured", 900),
        (DOWN, 901, True, "missed", "unmeasured", 901),
        (MOMENTS, 10**6, True, "unmeasured", "unmeasured", None),
        (MOMENTS | {What.SERVICE_HEALTHY: clocked(901)}, 902, True, "missed", "unmeasured", None),
        (MOMENTS | {What.SERVICE_HEALTHY: clocked(901, Grade.TYPED)}, 902, True, "missed", "unmeasured", None),
        (MOMENTS | {What.NEWEST_DATA: clocked(-301)}, 10**6, True, "unmeasured", "missed", None),
        ({}, 10**6, True, "unmeasured", "unmeasured", None),
    ],
)
def test_how_a_drill_ended_decides_what_is_missed(moments, ended, stopped, rto, rpo, down_for):
    at = ZERO + dt.timedelta(seconds=ended)
    found = judge_drill(moments, rto_seconds=900, rpo_seconds=300, measures=True, ended_at=at, stopped=stopped)
    assert (found.rto.result, found.rpo.result, found.down_for) == (rto, rpo, down_for)
    assert found.missed == ("missed" in (rto, rpo))
    words = judge_drill(moments, rto_seconds=900, rpo_seconds=300, measures=False, ended_at=at, stopped=stopped)
    assert not words.missed


@given(rto=SECONDS, ended=SECONDS, later=SECONDS, healthy=st.none() | SECONDS, stopped=st.booleans())
def test_ending_later_never_makes_a_drill_better(rto, ended, later, healthy, stopped):
    moments = DOWN | ({} if healthy is None else {What.SERVICE_HEALTHY: clocked(healthy)})

    def at(seconds: int) -> Result:
        when = ZERO + dt.timedelta(seconds=seconds)
        found = judge_drill(moments, rto_seconds=rto, rpo_seconds=None, measures=True, ended_at=when, stopped=stopped)
        return found.rto.result

    first, second = at(ended), at(ended + later)
    assert first is second or (first, second) == (Result.UNMEASURED, Result.MISSED)
    if stopped:
        assert {first, second} <= {Result.MISSED, Result.UNMEASURED}


EARLY = "lies before the window"


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({What.OUTAGE_BEGAN: 0}, {}),
        ({What.OUTAGE_BEGAN: -1}, {What.OUTAGE_BEGAN: EARLY}),
        ({What.NEWEST_DATA: -9999}, {}),
        (
            {What.OUTAGE_BEGAN: 0, What.SERVICE_HEALTHY: 1},
            dict.fromkeys((What.OUTAGE_BEGAN, What.SERVICE_HEALTHY), "one second"),
        ),
        ({What.OUTAGE_BEGAN: 0, What.SERVICE_HEALTHY: 1.1}, {}),
        ({What.OUTAGE_BEGAN: 0, What.DECLARED: 0, What.NEWEST_DATA: 0}, {}),
        (dict.fromkeys(What, 5), dict.fromkeys(What, "All 4")),
    ],
)
def test_what_is_hard_to_believe_is_said_of_its_moment(times, said):
    found = odd({what: clocked(seconds).at for what, seconds in times.items()}, ZERO)
    assert set(found) == set(said)
    for what, words in said.items():
        assert words in " ".join(found[what])


@pytest.mark.parametrize(
    ("times", "possible"),
    [
        ({What.OUTAGE_BEGAN: 0, What.DECLARED: 0, What.SERVICE_HEALTHY: 0, What.NEWEST_DATA: 0}, True),
        ({What.OUTAGE_BEGAN: 0, What.DECLARED: -1}, False),
        ({What.OUTAGE_BEGAN: 0, What.SERVICE_HEALTHY: -1}, False),
        ({What.OUTAGE_BEGAN: 0, What.NEWEST_DATA: 1}, False),
        ({What.DECLARED: 5, What.SERVICE_HEALTHY: 1}, True),  # the service may heal before anybody declares
        ({What.NEWEST_DATA: 9}, True),
    ],
)
def test_times_that_cannot_all_be_true_are_named(times, possible):
    found = out_of_order({what: clocked(seconds).at for what, seconds in times.items()})
    assert (found == "") == possible


def test_the_pure_words_are_the_stored_ones():
    assert [result.value for result in Result] == Proof.values
    assert [grade.value for grade in Grade] == models.Grade.values
    assert [what.value for what in What] == models.What.values
