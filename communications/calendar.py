"""Wall-clock rules in a named time zone. Pure: the moment is passed in.

A wall time in a gap (clocks put forward) fires once, at the end of the gap; one in an overlap (put back) once, at its first
occurrence.
"""

from __future__ import annotations

import datetime as dt

from people.wall_clock import read_wall


def wall_moment(day: dt.date, wall: dt.time, zone: dt.tzinfo) -> dt.datetime:
    """The moment (UTC) at which clocks in `zone` show `wall` on `day`, by the rule above."""
    return read_wall(dt.datetime.combine(day, wall), zone).first


def has_passed(day: dt.date, wall: dt.time, zone: dt.tzinfo, now: dt.datetime) -> bool:
    """Whether `wall` on `day` in `zone` is reached at `now`."""
    return now >= wall_moment(day, wall, zone)
