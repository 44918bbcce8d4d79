"""When a season is on."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.impact.calendar import is_on, month_end, window, words


def last_days(count):
    return SimpleNamespace(working_days=count, from_month=None, from_day=None, to_month=None, to_day=None)


def yearly(from_month, from_day, to_month, to_day):
    return SimpleNamespace(
        working_days=None, from_month=from_month, from_day=from_day, to_month=to_month, to_day=to_day
    )


DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31))
SEASONS = st.one_of(
    st.integers(1, 20).map(last_days),
    st.tuples(st.integers(1, 12), st.integers(1, 28), st.integers(1, 12), st.integers(1, 28)).map(
        lambda said: yearly(*said)
    ),
    st.just(yearly(2, 29, 2, 29)),
    st.just(yearly(12, 31, 1, 1)),
)


@pytest.mark.parametrize(
    ("season", "day", "begins", "ends"),
    [
        (last_days(2), dt.date(2026, 11, 21), dt.date(2026, 11, 27), dt.date(2026, 11, 30)),
        (last_days(2), dt.date(2026, 12, 31), dt.date(2026, 12, 30), dt.date(2026, 12, 31)),
        (last_days(1), dt.date(2027, 1, 30), dt.date(2027, 2, 26), dt.date(2027, 2, 26)),
        (yearly(10, 1, 3, 15), dt.date(2027, 1, 5), dt.date(2026, 10, 1), dt.date(2027, 3, 15)),
        (yearly(10, 1, 3, 15), dt.date(2026, 3, 16), dt.date(2026, 10, 1), dt.date(2027, 3, 15)),
        (yearly(2, 29, 2, 29), dt.date(2028, 1, 1), dt.date(2028, 2, 29), dt.date(2028, 2, 29)),
    ],
)
def test_a_day_has_the_window_that_holds_it_or_the_next(season, day, begins, ends):
    assert window(season, day) == (begins, ends)


@given(SEASONS, DAYS)
def test_the_window_ends_today_or_later_and_none_lies_between(season, day):
    found = window(season, day)
    assert found.ends >= day
    assert is_on(season, day) == (found.begins <= day)
    if found.begins > day:
        assert window(season, found.begins - dt.timedelta(days=1)) == found


@given(st.integers(2020, 2040), st.integers(1, 12), st.integers(1, 20))
def test_a_month_end_has_so_many_working_days(year, month, count):
    found = month_end(year, month, count)
    days = [found.begins + dt.timedelta(days=n) for n in range((found.ends - found.begins).days + 1)]
    assert sum(day.weekday() < 5 for day in days) == count
    assert all(
        (found.ends + dt.timedelta(days=n)).weekday() > 4
        for n in range(1, 3)
        if (found.ends + dt.timedelta(days=n)).month == month
    )


def test_seasons_in_words():
    assert words(last_days(2)) == "Last 2 working days of the month"
    assert words(last_days(1)) == "Last working day of the month"
    assert words(yearly(10, 1, 3, 15)) == "1 Oct to 15 Mar"
