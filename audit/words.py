"""How values of the trail read on a page. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

Values = Mapping[str, Any]

# As `audit.services.plain` writes them; anything else is a text of its own.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NAME = re.compile(r"[a-z]+(_[a-z]+)+")
_SHORT = re.compile(r"\b(rto|rpo|slo|api)\b")


class Change(NamedTuple):
    """One field of a deed, before and after, in words. An empty text: the deed said nothing of this side."""

    name: str
    before: str
    after: str


def changes(before: Any, after: Any) -> list[Change]:
    """The fields a deed tells of, those of `before` first."""
    old, new = _named(before), _named(after)
    names = [*old, *(name for name in new if name not in old)]
    return [Change(spoken(name), _side(old, name), _side(new, name)) for name in names]


def spoken(name: str) -> str:
    """`window_start` as "window start", `rto_seconds` as "RTO seconds"; that a name ends in `_at` or `_on` its value shows."""
    words = re.sub(r"(?<=[a-z])_(at|on)$", "", name).replace("_", " ").strip()
    return _SHORT.sub(lambda found: found[0].upper(), words)


def value(of: Any) -> str:
    """A value as people write it."""
    match of:
        case None | "":
            return "nothing"
        case bool():
            return "yes" if of else "no"
        case Mapping():
            return "; ".join(f"{spoken(str(name))}: {value(inner)}" for name, inner in of.items()) or "nothing"
        case list() | tuple():
            return ", ".join(value(inner) for inner in of) or "nothing"
    return _text(of) if isinstance(of, str) else str(of)


def _text(of: str) -> str:
    """Times to the second, in UTC as all of the trail; days; names from the program as words."""
    try:
        if _TIME.fullmatch(of):
            return f"{dt.datetime.fromisoformat(of):%-d %b %Y %H:%M:%S} UTC"
        if _DAY.fullmatch(of):
            return f"{dt.date.fromisoformat(of):%-d %b %Y}"
    except ValueError:  # looks like one and is none
        return of
    return of.replace("_", " ") if _NAME.fullmatch(of) else of


def _side(values: Values, name: str) -> str:
    return value(values[name]) if name in values else ""


def _named(values: Any) -> Values:
    """The portal writes objects; anything else got into the trail past it and still has to be readable."""
    return values if isinstance(values, Mapping) else {"value": values}
