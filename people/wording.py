"""How the portal says durations, dates and names: the same on pages, in messages and in errors. Pure.

Numbers and units are joined by a non-breaking space, so that "15 min" never ends up on two lines.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal

NBSP = "\u00a0"
MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800
MAX_SECONDS = 3_650 * DAY  # ten years
SHOW_DAYS = 90  # further away, months are said
SOON_DAYS = 7
MONTH = 30.44  # days

UNITS = {  # as people write them, in seconds
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), HOUR),
    **dict.fromkeys(("d", "day", "days"), DAY),
    **dict.fromkeys(("w", "week", "weeks"), WEEK),
}
# At most two decimals: "1.000 s" could mean a thousand.
_PART = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,2})?) ?([a-z]+)(?: ?(?:,|and) ?| |$)?")
_CLOCK = re.compile(r"([0-9]{1,4}):[0-9]{2}(?::[0-9]{2})?(?: ?[AaPp][Mm])?")
_ISO = re.compile(r"P(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def duration(seconds: int) -> str:
    """Seconds in words with at most two units: "41 s", "2 min 41 s", "4 h", "3 days".

    What does not fit into two units is rounded up, so that a missed time never reads like the promise it missed. Below two
    minutes seconds are said, below two days hours, as people write their targets: "90 s", "24 h".
    """
    if seconds < 0:
        raise ValueError("A duration is never negative.")
    if seconds < 2 * MINUTE:
        return f"{seconds}{NBSP}s"
    sizes = (DAY, HOUR, MINUTE, 1) if seconds >= 2 * DAY else (HOUR, MINUTE, 1)
    counts, rest = [], seconds
    for size in sizes:
        counts.append(rest // size)
        rest %= size
    used = [i for i, count in enumerate(counts) if count]
    left = sum(counts[i] * sizes[i] for i in used[2:])
    if left:
        return duration(seconds - left + sizes[used[1]])
    return NBSP.join(_counted(counts[i], sizes[i]) for i in used)


def _counted(count: int, size: int) -> str:
    if size == DAY:
        return f"{count}{NBSP}{'day' if count == 1 else 'days'}"
    return f"{count}{NBSP}{ {HOUR: 'h', MINUTE: 'min', 1: 's'}[size] }"


def clock(seconds: int) -> str:
    """A running clock: "9:37", over an hour "1:09:37"."""
    hours, rest = divmod(abs(seconds), HOUR)
    minutes, secs = divmod(rest, MINUTE)
    sign = "−" if seconds < 0 else ""
    return f"{sign}{hours}:{minutes:02}:{secs:02}" if hours else f"{sign}{minutes}:{secs:02}"


def parse_duration(text: str) -> int:
    """Seconds from what a person or a program wrote: "15 min", "1 h 30 min", "1.5 h", "2 days", "PT4H".

    Raises ValueError; its text says what to write instead and may be shown as it is.
    """
    said = " ".join(text.split())
    if not said:
        raise ValueError("Write a number and a unit: “90 s”, “15 min”, “4 h”.")
    if re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", said) and len(said) <= 12:
        raise ValueError(f"Write the unit too: “{said} s”, “{said} min”, “{said} h” or “{said} days”.")
    seconds = _iso(said) if said[0] in "Pp" else _parts(said.lower())
    if seconds is None and (clocked := _CLOCK.fullmatch(said)):
        first = int(clocked[1])
        raise ValueError(
            f"“{said}” may be hours and minutes, or minutes and seconds. Write “{first} h” or “{first} min”, with the unit."
        )
    if seconds is None:
        shown = said if len(said) <= 40 else f"{said[:39]}…"
        raise ValueError(f"Write a number and a unit: “90 s”, “15 min”, “4 h”. You wrote “{shown}”.")
    if seconds != int(seconds):
        raise ValueError(f"Write whole seconds: “{said}” is not a whole number of them.")
    if seconds > MAX_SECONDS:
        raise ValueError("Write at most 10 years (3650 days).")
    return int(seconds)


def _parts(said: str) -> Decimal | None:
    total, at, seen = Decimal(0), 0, set()
    while at < len(said):
        found = _PART.match(said, at)
        size = UNITS.get(found[2]) if found else None
        if found is None or size is None or size in seen:
            return None
        total += Decimal(found[1].replace(",", ".")) * size
        seen.add(size)
        at = found.end()
    return None if said.endswith((",", " and")) else total


def _iso(said: str) -> Decimal | None:
    found = _ISO.fullmatch(said)
    if found is None or said[-1] in "Tt" or not any(found.groups()):
        return None
    sizes = (WEEK, DAY, HOUR, MINUTE, 1)
    return Decimal(sum(int(count) * size for count, size in zip(found.groups(), sizes, strict=True) if count))


def due_words(due: dt.date, today: dt.date) -> str:
    """ "6 days overdue", "today", "tomorrow", "in 12 days", "in 4 months"."""
    days = (due - today).days
    if days < 0:
        return f"{_days_or_months(-days)} overdue"
    if days == 0:
        return "today"
    return "tomorrow" if days == 1 else f"in {_days_or_months(days)}"


def ago_words(then: dt.datetime, now: dt.datetime) -> str:
    """ "just now", "5 min ago", "3 h ago", "yesterday", "12 days ago"; a time to come reads "in 5 min".

    Days are counted by the calendar of `now`'s time zone.
    """
    seconds = int((now - then).total_seconds())
    if abs(seconds) < MINUTE:
        return "just now"
    if abs(seconds) < 12 * HOUR:
        size = MINUTE if abs(seconds) < HOUR else HOUR
        said = _counted(abs(seconds) // size, size)
        return f"{said} ago" if seconds > 0 else f"in {said}"
    days = (now.date() - then.astimezone(now.tzinfo).date()).days
    if days == 0:
        return "today"
    if days < 0:
        return "tomorrow" if days == -1 else f"in {_days_or_months(-days)}"
    return "yesterday" if days == 1 else f"{_days_or_months(days)} ago"


def _days_or_months(days: int) -> str:
    if days <= SHOW_DAYS:
        return f"{days}{NBSP}{'day' if days == 1 else 'days'}"
    return f"{round(days / MONTH)}{NBSP}months"


def date_words(day: dt.date, today: dt.date | None = None) -> str:
    """ "Thu 26 Nov"; with the year unless it is today's: "26 Nov 2026"."""
    if today is not None and day.year == today.year:
        return f"{_WEEKDAYS[day.weekday()]}{NBSP}{day.day}{NBSP}{_MONTHS[day.month - 1]}"
    return f"{day.day}{NBSP}{_MONTHS[day.month - 1]}{NBSP}{day.year}"


def moment_words(moment: dt.datetime) -> str:
    """Exact, for records: "26 Nov 2026, 03:12:20 CET", in the time zone that the moment carries."""
    return f"{date_words(moment.date())}, {time_words(moment)}"


def time_words(moment: dt.datetime) -> str:
    """ "03:12:20 CET"."""
    return f"{moment:%H:%M:%S}{NBSP}{moment.tzname() or ''}".rstrip(NBSP)


def initials(name: str) -> str:
    """Two letters for a person's mark: first and last name. "?" for nobody."""
    words = [word for word in re.split(r"[\s\-]+", name) if word[:1].isalnum()]
    ends = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in ends).upper() or "?"


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """ "Firefox on Windows" from what a browser says of itself; its first words when we do not know it."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:40] or "unknown program"


def sentence(text: str) -> str:
    """With a full stop, unless it ends as a sentence does already: before another sentence follows."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def was_of(name: object) -> str:
    """Of something whose person left and that another one looks after now."""
    return f"Was {name}'s, who cannot sign in any more."


def in_place_of(name: object) -> str:
    """For a message to who stands in: a paragraph before the rest."""
    return f"You stand in here: this was {name}'s, who cannot sign in any more. Do it, or let it be handed over.\n\n"


def listed(names: Sequence[str], word: str = "and") -> str:
    """ "A", "A and B", "A, B and C"."""
    *others, last = names
    return f"{', '.join(others)} {word} {last}" if others else last
