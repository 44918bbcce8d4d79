"""When a season is on: the last working days of every month, or from a day to a day every year. Pure.

Working days are Monday to Friday; a weekend between two of them belongs to the season. Public holidays are not known here.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import NamedTuple, Protocol

MONTHS = tuple(calendar.month_abbr)
FRIDAY = 4


class Recurring(Protocol):
    """A month-end has `working_days`, a range the other four."""

    working_days: int | None
    from_month: int | None
    from_day: int | None
    to_month: int | None
    to_day: int | None


class Window(NamedTuple):
    """From a day to a day, both included."""

    begins: dt.date
    ends: dt.date

    def holds(self, day: dt.date) -> bool:
        return self.begins <= day <= self.ends


def window(season: Recurring, day: dt.date) -> Window:
    """The window that holds this day, else the next one."""
    if season.working_days is not None:
        ends = (
            month_end(day.year + (day.month - 1 + n) // 12, (day.month - 1 + n) % 12 + 1, season.working_days)
            for n in (0, 1)
        )
        return next(found for found in ends if found.ends >= day)
    return next(found for year in range(day.year - 1, day.year + 3) if (found := yearly(season, year)).ends >= day)


def is_on(season: Recurring, day: dt.date) -> bool:
    return window(season, day).holds(day)


def month_end(year: int, month: int, working_days: int) -> Window:
    """The last so many working days of a month; all of them where it has fewer."""
    last = dt.date(year, month, calendar.monthrange(year, month)[1])
    days = [last - dt.timedelta(days=n) for n in range(last.day)]
    working = [day for day in days if day.weekday() <= FRIDAY][:working_days]
    return Window(working[-1], working[0])


def yearly(season: Recurring, year: int) -> Window:
    """The window that begins in this year. Where a year has no 29 February, it is the day before or after."""
    begins, to = (season.from_month or 1, season.from_day or 1), (season.to_month or 12, season.to_day or 31)
    return Window(_day(year, *begins, late=True), _day(year + (to < begins), *to, late=False))


def _day(year: int, month: int, day: int, *, late: bool) -> dt.date:
    last = calendar.monthrange(year, month)[1]
    found = dt.date(year, month, min(day, last))
    return found + dt.timedelta(days=1) if late and day > last else found


def days_in(month: int) -> int:
    """How many days a month can have at most."""
    return calendar.monthrange(2024, month)[1]


def words(season: Recurring) -> str:
    """ "Last 2 working days of the month", "1 Oct to 15 Mar"."""
    if season.working_days is not None:
        count = season.working_days
        return f"Last {count} working days of the month" if count > 1 else "Last working day of the month"
    first = f"{season.from_day} {MONTHS[season.from_month or 1]}"
    last = f"{season.to_day} {MONTHS[season.to_month or 12]}"
    return f"{first} to {last}"
