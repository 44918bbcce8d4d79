"""Wall-clock rules in real time zones."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from communications.calendar import has_passed, wall_moment

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
# With whole and half hours, on both halves of the earth, one that skipped a day, one with a half-hour change.
ZONES = [
    "Europe/Oslo", "Europe/London", "America/New_York", "America/St_Johns", "America/Santiago", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Pacific/Apia", "Pacific/Chatham", "Africa/Casablanca", "Asia/Tehran", "UTC",
]  # fmt: skip
zones = st.sampled_from([zoneinfo.ZoneInfo(name) for name in ZONES])
days = st.dates(dt.date(2005, 1, 1), dt.date(2036, 12, 31))
walls = st.builds(dt.time, st.integers(0, 23), st.integers(0, 59))


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("day", "wall", "zone", "moment"),
    [
        (dt.date(2026, 11, 20), dt.time(7), "Europe/Oslo", utc(2026, 11, 20, 6)),
        (dt.date(2026, 7, 1), dt.time(7), "Europe/Oslo", utc(2026, 7, 1, 5)),
        (dt.date(2026, 3, 29), dt.time(2, 30), "Europe/Oslo", utc(2026, 3, 29, 1)),
        (dt.date(2026, 3, 29), dt.time(2, 0), "Europe/Oslo", utc(2026, 3, 29, 1)),
        (dt.date(2026, 3, 29), dt.time(3, 0), "Europe/Oslo", utc(2026, 3, 29, 1)),
        (dt.date(2026, 10, 25), dt.time(2, 30), "Europe/Oslo", utc(2026, 10, 25, 0, 30)),
        (dt.date(2026, 10, 4), dt.time(2, 15), "Australia/Lord_Howe", utc(2026, 10, 3, 15, 30)),
        (dt.date(2011, 12, 30), dt.time(7), "Pacific/Apia", utc(2011, 12, 30, 10)),
    ],
    ids=["winter", "summer", "in the gap", "gap begins", "gap ends", "overlap, first", "half-hour gap", "lost day"],
)
def test_a_wall_time_has_one_moment(day, wall, zone, moment):
    assert wall_moment(day, wall, zoneinfo.ZoneInfo(zone)) == moment


@given(days, walls, zones)
@example(dt.date(2026, 3, 29), dt.time(2, 30), OSLO)
@example(dt.date(2026, 10, 25), dt.time(2, 30), OSLO)
def test_the_clock_shows_the_wall_time_or_has_just_jumped_over_it(day, wall, zone):
    moment = wall_moment(day, wall, zone)
    wanted = dt.datetime.combine(day, wall)
    shown = moment.astimezone(zone).replace(tzinfo=None)
    assert shown >= wanted
    if shown > wanted:  # a gap: the second before, the clock showed an earlier time
        before = (moment - dt.timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert before < wanted


@given(days, walls, zones)
@example(dt.date(2026, 10, 25), dt.time(2, 30), OSLO)
def test_no_earlier_moment_shows_the_same(day, wall, zone):
    moment = wall_moment(day, wall, zone)
    wanted = dt.datetime.combine(day, wall)
    for minutes in range(30, 181, 30):
        earlier = (moment - dt.timedelta(minutes=minutes)).astimezone(zone).replace(tzinfo=None)
        assert earlier < wanted


@given(days, walls, zones, st.integers(-200_000, 200_000))
def test_it_has_passed_from_its_moment_on_and_not_a_second_sooner(day, wall, zone, seconds):
    now = wall_moment(day, wall, zone) + dt.timedelta(seconds=seconds)
    assert has_passed(day, wall, zone, now) == (seconds >= 0)


@given(days, zones)
def test_later_wall_times_never_come_sooner(day, zone):
    moments = [wall_moment(day, dt.time(hour, minute), zone) for hour in range(24) for minute in (0, 30)]
    # An overlap fires at its first occurrence, so that what comes after it may wait; never the other way round.
    assert moments == sorted(moments)
