"""How values of the trail read on a page. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Values = Mapping[str, Any]


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
    """`from_on` as "from on"."""
    return name.replace("_", " ").strip()


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
    return str(of)


def _side(values: Values, name: str) -> str:
    return value(values[name]) if name in values else ""


def _named(values: Any) -> Values:
    """The portal writes objects; anything else got into the trail past it and still has to be readable."""
    return values if isinstance(values, Mapping) else {"value": values}
