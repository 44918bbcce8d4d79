"""What the clocks of a time zone show, and which moment that is. Pure: no ORM, no clock.

A wall time in a gap (clocks put forward) is the end of the gap; one in an overlap (put back) is its first occurrence. Every place
where a person types a time, and every calendar rule, reads it here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from people.wording import date_words

HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Reading:
    """The moment (UTC) that a wall time is by the rule; the second one in an overlap; whether the clocks skip it."""

    first: dt.datetime
    second: dt.datetime | None = None
    skipped: bool = False


def read_wall(wall: dt.datetime, zone: dt.tzinfo) -> Reading:
    """Read a time without a zone as the clocks of `zone` show it. Raises OverflowError at both ends of the calendar."""
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    first, second = early.astimezone(dt.UTC), late.astimezone(dt.UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall.replace(fold=0):
        return Reading(first, second if second > first else None)
    # In a gap: fold 0 reads the clock as before the change, fold 1 as after; the change lies between the two.
    return Reading(_change_between(second, first, zone), skipped=True)


def _change_between(low: dt.datetime, high: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The moment, to the second, at which the offset of the zone becomes another one than it is at `low`."""
    before = low.astimezone(zone).utcoffset()
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def went_back_between(since: dt.datetime, until: dt.datetime, zone: dt.tzinfo) -> bool:
    """Whether the clocks were put back between two moments, so that some time was shown twice. Looks at each hour."""
    while since < until:
        later = min(since + HOUR, until)
        if (_offset(later, zone) or dt.timedelta()) < (_offset(since, zone) or dt.timedelta()):
            return True
        since = later
    return False


def _offset(moment: dt.datetime, zone: dt.tzinfo) -> dt.timedelta | None:
    return moment.astimezone(zone).utcoffset()


def note(wall: dt.datetime, reading: Reading, zone: dt.tzinfo) -> str:
    """What a person has to know about a time that she typed; empty for one that the clocks show once."""
    shown, first = f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}", reading.first.astimezone(zone)
    if reading.skipped:
        taken = f"{first:%H:%M} {first.tzname()}"
        return (
            f"On {date_words(wall.date())} the clocks in {zone} skip {shown}. It is taken as {taken}, when they go on."
        )
    if reading.second is None:
        return ""
    second = reading.second.astimezone(zone)
    return (
        f"On {date_words(wall.date())} the clocks in {zone} show {shown} twice. It is taken as the first time, "
        f"{shown} {first.tzname()}, not as the second, {shown} {second.tzname()}."
    )
