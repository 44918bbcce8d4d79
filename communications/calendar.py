"""Wall-clock rules in a named time zone. Pure: the moment is passed in.

A wall time in a gap (clocks put forward) fires once, at the end of the gap; one in an overlap (put back) once, at its first
occurrence.
"""

from __future__ import annotations

import datetime as dt


def wall_moment(day: dt.date, wall: dt.time, zone: dt.tzinfo) -> dt.datetime:
    """The moment (UTC) at which clocks in `zone` show `wall` on `day`, by the rule above."""
    first = dt.datetime.combine(day, wall, tzinfo=zone).replace(fold=0)
    moment = first.astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == first.replace(tzinfo=None):
        return moment
    # In a gap: fold 0 reads the clock as before the change, fold 1 as after; the change lies between the two.
    low, high = first.replace(fold=1).astimezone(dt.UTC), moment
    before = low.astimezone(zone).utcoffset()
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def has_passed(day: dt.date, wall: dt.time, zone: dt.tzinfo, now: dt.datetime) -> bool:
    """Whether `wall` on `day` in `zone` is reached at `now`."""
    return now >= wall_moment(day, wall, zone)
