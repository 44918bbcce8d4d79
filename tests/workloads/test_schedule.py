"""Each step of a review's announcements once, none skipped, whenever the portal happens to run."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.schedule import is_overdue, steps_due

DUE = dt.date(2026, 11, 20)


@pytest.mark.parametrize(
    ("days", "step", "covered"),
    [
        (-15, None, None),
        (-14, "before-14", ()),
        (-8, "before-14", ()),
        (-7, "before-7", ("before-14",)),
        (-1, "before-7", ("before-14",)),
        (0, "due", ("before-14", "before-7")),
        (6, "due", ("before-14", "before-7")),
        (7, "overdue-1", ("before-14", "before-7", "due")),
        (13, "overdue-1", ("before-14", "before-7", "due")),
        (14, "overdue-2", ("before-14", "before-7", "due", "overdue-1")),
        (28, "overdue-4", ("before-14", "before-7", "due", "overdue-1", "overdue-2", "overdue-3")),
    ],
)
def test_the_newest_step_covers_the_earlier_ones(days, step, covered):
    due = steps_due(DUE, DUE + dt.timedelta(days=days))
    assert due == (None if step is None else (step, covered))


def test_only_steps_after_the_day_are_overdue():
    assert [is_overdue(step) for step in ("before-14", "before-7", "due", "overdue-1")] == [False, False, False, True]


DAYS = st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2100, 1, 1))
RUNS = st.lists(st.integers(min_value=-40, max_value=200), min_size=1, max_size=40)


def past_steps(days: int) -> list[str]:
    """Every step whose day is not after `days` from the due date, spelled out independently."""
    named = [(-14, "before-14"), (-7, "before-7"), (0, "due"), *((7 * n, f"overdue-{n}") for n in range(1, 40))]
    return [step for day, step in named if day <= days]


@given(DAYS, RUNS)
def test_over_any_run_days_each_step_gets_one_receipt_and_each_run_at_most_one_message(due_on, runs):
    receipts: list[str] = []
    for days in sorted(runs):
        due = steps_due(due_on, due_on + dt.timedelta(days=days))
        sent = 0
        if due is not None and due.step not in receipts:
            sent += 1
            receipts.append(due.step)
            receipts += [step for step in due.covered if step not in receipts]
        assert sent <= 1
        assert sorted(receipts) == sorted(past_steps(days))
    assert len(receipts) == len(set(receipts))


@given(DAYS, st.integers(min_value=-14, max_value=400))
def test_a_portal_that_runs_every_day_sends_each_step_on_its_own_day(due_on, days):
    today = due_on + dt.timedelta(days=days)
    now, yesterday = steps_due(due_on, today), steps_due(due_on, today - dt.timedelta(days=1))
    assert now is not None
    is_new = yesterday is None or yesterday.step != now.step
    assert is_new == (days in (-14, -7) or (days >= 0 and days % 7 == 0))


@given(DAYS, st.integers(min_value=-60, max_value=400))
def test_days_that_follow_never_take_a_step_back(due_on, days):
    now, next_day = (steps_due(due_on, due_on + dt.timedelta(days=days + more)) for more in (0, 1))
    assert now is None or next_day is not None
    if now is not None and next_day is not None:
        assert {now.step, *now.covered} <= {next_day.step, *next_day.covered}
