"""When a workload has to be drilled again. Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt


def due_on(*, last_drill_on: dt.date | None, first_target_on: dt.date, every_days: int) -> dt.date:
    """The day by which the next drill that measures recovery has to be finished.

    Counted from the last such drill; before the first one, from the day the workload's first target came into force, so that
    signing a new target does not put the drill off. A tabletop or a message test alone does not count, so callers never pass
    one as the last drill.
    """
    return (last_drill_on or first_target_on) + dt.timedelta(days=every_days)


REMINDERS = {"7-days": 7, "1-day": 1}  # step: days before the window


def reminder_step(*, window_on: dt.date, scheduled_on: dt.date, today: dt.date) -> tuple[str, tuple[str, ...]] | None:
    """The newest step that is due and the older ones it makes needless; None when there is nothing to send.

    All days are the reader's. A step whose day was over when the drill was scheduled is not sent: the invitation did its work.
    """
    if today > window_on:
        return None
    due = [step for step, days in REMINDERS.items() if scheduled_on < window_on - dt.timedelta(days=days) <= today]
    return (due[-1], tuple(due[:-1])) if due else None


def overdue_step(*, due_on: dt.date, today: dt.date) -> tuple[str, tuple[str, ...]] | None:
    """On the day after the due day and every week after it: `week-0`, `week-1`, …, with the older ones."""
    if today <= due_on:
        return None
    week = ((today - due_on).days - 1) // 7
    return f"week-{week}", tuple(f"week-{n}" for n in range(week))
