"""When the end of a waiver is announced. Pure."""

from __future__ import annotations

import datetime as dt

BEFORE = (14, 7, 0)  # days ahead of the last day


def step_due(ends_on: dt.date, today: dt.date) -> tuple[int, tuple[int, ...]] | None:
    """The newest step whose day has come, in days ahead, and the earlier ones that its message makes unnecessary. None while
    the first lies ahead, and after the last day."""
    left = (ends_on - today).days
    if left < 0:
        return None
    steps = [days for days in BEFORE if left <= days]
    return (steps[-1], tuple(steps[:-1])) if steps else None
