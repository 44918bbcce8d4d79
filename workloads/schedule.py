"""When a review is announced, and which step of the announcements is due. Pure."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

BEFORE = (14, 7)  # days ahead of the due date
WEEK = 7
ON_THE_DAY = "due"
# From so many days after the due date on, others hear of it too.
DEPUTY_AFTER = 14
HEAD_AFTER = 28


class Due(NamedTuple):
    """The newest step whose day has come, and the earlier ones that its message makes unnecessary."""

    step: str
    covered: tuple[str, ...]


def steps_due(due_on: dt.date, today: dt.date) -> Due | None:
    """Where the announcements of a review stand on this day; None as long as the first lies ahead.

    Steps are "before-14", "before-7", "due", then "overdue-1", "overdue-2" and so on, one a week.
    """
    past = (today - due_on).days
    steps = [f"before-{days}" for days in BEFORE if past >= -days]
    if past >= 0:
        steps.append(ON_THE_DAY)
        steps += [f"overdue-{week}" for week in range(1, past // WEEK + 1)]
    return Due(steps[-1], tuple(steps[:-1])) if steps else None


def is_overdue(step: str) -> bool:
    return step.startswith("overdue-")
