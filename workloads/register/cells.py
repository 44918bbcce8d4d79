"""A cell of a workbook as a person reads it: its value, and how the sheet shows it. Pure."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from openpyxl.cell.cell import ERROR_CODES

from workloads.register.sheet import BadCell, Cell, Formatted

WIDE_INTEGER = 10**15  # a spreadsheet keeps 15 digits
NO_CLOCK = frozenset("yd")  # letters of a date in a number format
# A section of a number format without what is only decoration: colours and conditions, blanks as wide as a letter, fillers.
_DECORATION = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.", re.IGNORECASE)
_TEXTS = re.compile(r'"([^"]*)"|\\(.)')
_AS_IT_IS = frozenset({"general", "@", "0", "#", ""})
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|([- ():])|(0)')


@lru_cache(maxsize=1000)
def _section(number_format: str) -> str:
    """What positive numbers are shown by."""
    return _DECORATION.sub("", number_format.partition(";")[0]).strip()


@lru_cache(maxsize=1000)
def _signs(number_format: str) -> str:
    """Its letters that mean something, in lower case, without quoted texts."""
    return _TEXTS.sub("", _section(number_format)).lower()


def number_text(value: float, number_format: str) -> Cell:
    """A number as it is shown: 0.995 in a percent format is "99.5 %", 42 in "00000" is "00042"."""
    signs = _signs(number_format)
    if "%" in signs:
        return f"{(Decimal(f'{value:.15g}') * 100).normalize():f} %"
    whole = abs(value) < WIDE_INTEGER and value == int(value)
    text = str(int(value)) if whole else f"{value:.15g}"
    if signs in _AS_IT_IS:
        # A format without decimals shows 4.5 as 5; and what has more than 15 digits has lost some.
        return text if whole or (signs == "general" and "e" not in text) else Formatted(text)
    padded = _padded(int(value), _section(number_format)) if whole and value >= 0 else None
    return Formatted(text) if padded is None else padded


def _padded(value: int, section: str) -> str | None:
    """By a format of zeros with texts between them: "000-000", '"APP-"0000'. None for any other."""
    parts: list[str | None] = []  # None: a digit
    at = 0
    while at < len(section):
        found = _LITERAL.match(section, at)
        if found is None:
            return None
        parts.append(None if found[4] else found[1] or found[2] or found[3] or "")
        at = found.end()
    places = parts.count(None)
    if not places:
        return None
    digits = str(value).zfill(places)
    filled = [
        digits[: len(digits) - places + 1],
        *digits[len(digits) - places + 1 :],
    ]  # the first place takes what is more
    return "".join(filled.pop(0) if part is None else part for part in parts)


def clock_text(value: dt.time, number_format: str) -> str:
    """A time of day as its format shows it, as far as that is known: "4:00", "04:00", "4:00:30", "4:00 PM"."""
    signs = _signs(number_format)
    noon = "am/pm" in signs or "a/p" in signs
    hour = (value.hour % 12 or 12) if noon else value.hour
    text = f"{hour:02}" if "hh" in signs else str(hour)
    text += f":{value.minute:02}" + (f":{value.second:02}" if "s" in signs else "")
    return text + (" PM" if value.hour >= 12 else " AM") if noon else text


def duration_text(value: dt.timedelta) -> str:
    """A duration beyond doubt, as people write it: "48 h", "1 h 30 min"."""
    hours, rest = divmod(round(value.total_seconds()), 3600)
    counts = ((hours, "h"), (rest // 60, "min"), (rest % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in counts if count) or "0 s"


def cell_text(value: Any, number_format: str) -> Cell:
    """A value as a person would have typed it; `Formatted` where the sheet may show another text."""
    match value:
        case None:
            return ""
        case BadCell():
            return value
        case str():
            return _text(value.strip())
        case bool():
            return Formatted("yes" if value else "no")
        case int() | float():
            return number_text(value, number_format)
        case dt.timedelta():
            return Formatted(duration_text(value)) if value >= dt.timedelta() else Formatted(str(value))
        case dt.time():
            return Formatted(clock_text(value, number_format))
        case dt.datetime():
            return Formatted(_moment(value, number_format))
    return Formatted(value.isoformat() if isinstance(value, dt.date) else str(value))


def _moment(value: dt.datetime, number_format: str) -> str:
    signs = _signs(number_format)
    if "h" in signs and not NO_CLOCK & set(signs):  # 48 hours in a format for times of day
        return clock_text(value.time(), number_format)
    return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")


def _text(text: str) -> Cell:
    if text in ERROR_CODES:
        return BadCell(f"The formula ended in {text}. Correct it, or write the value.")
    return text
