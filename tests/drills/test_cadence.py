"""How often a workload is drilled, and when people are reminded."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.cadence import due_on, overdue_step, reminder_step

DAY = dt.date(2026, 11, 20)
DAYS = st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2100, 1, 1))


def after(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def test_the_interval_counts_from_the_last_drill():
    assert due_on(last_drill_on=DAY, first_target_on=after(-700), every_days=180) == after(180)


def test_without_a_drill_it_counts_from_the_first_target():
    assert due_on(last_drill_on=None, first_target_on=DAY, every_days=180) == after(180)


@given(last=DAYS, first=DAYS, days=st.integers(min_value=1, max_value=3650))
def test_a_new_target_never_puts_a_drill_off(last, first, days):
    assert due_on(last_drill_on=last, first_target_on=first, every_days=days) == last + dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("in_days", "scheduled", "expected"),
    [
        (8, -30, None),
        (7, -30, ("7-days", ())),
        (6, -30, ("7-days", ())),  # the portal was off yesterday
        (2, -30, ("7-days", ())),
        (1, -30, ("1-day", ("7-days",))),
        (0, -30, ("1-day", ("7-days",))),
        (-1, -30, None),
        (5, -1, None),  # scheduled six days ahead: the invitation said it
        (1, -1, ("1-day", ())),
        (0, 0, None),
        (7, 0, None),
    ],
)
def test_people_are_reminded_seven_days_and_one_day_before(in_days, scheduled, expected):
    assert reminder_step(window_on=after(in_days), scheduled_on=after(scheduled), today=DAY) == expected


@given(window=DAYS, today=DAYS)
def test_nobody_is_reminded_of_what_is_over(window, today):
    found = reminder_step(window_on=window, scheduled_on=dt.date(1999, 1, 1), today=today)
    assert (found is not None) == (dt.timedelta(0) <= window - today <= dt.timedelta(days=7))


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (0, None),
        (1, ("week-0", ())),
        (7, ("week-0", ())),
        (8, ("week-1", ("week-0",))),
        (15, ("week-2", ("week-0", "week-1"))),
    ],
)
def test_an_owner_hears_the_day_after_and_every_week(late, expected):
    assert overdue_step(due_on=after(-late), today=DAY) == expected
