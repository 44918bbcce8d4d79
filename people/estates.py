"""What a person has beside her roles, and how it passes on, without this room knowing what it is.

A room above registers one `Estate` per kind of thing. Exactly one object answers, called by name inside the transaction of the
hand-over: no broadcast, nothing that may be forgotten (compare signoffs/subjects.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from people.models import User


class Estate(Protocol):
    """One kind of thing that a person has."""

    label: str
    # Whether it goes with the roles by itself, because it asks who holds them; such a thing is shown, never moved.
    follows_roles: bool

    def owned(self, person: User, *, on: dt.date) -> list[str]:
        """What she has, each in words."""

    def owners(self) -> list[QuerySet[Any, Any]]:
        """The numbers of everybody who has such a thing that can be handed over; none for what follows the roles."""

    def hand_over(self, person: User, to: User, *, by: User, at: dt.datetime) -> None:
        """Pass all of it on, each with its own line in the trail."""


class Places(Protocol):
    """What this room has to ask of the room that knows workloads."""

    def names(self, numbers: Iterable[int]) -> dict[int, str]:
        """Names of workloads by number."""

    def settle(self, *, at: dt.datetime) -> None:
        """Let the rights on single workloads follow the assignments in force."""


_estates: dict[str, Estate] = {}
_places: list[Places] = []


def register(key: str, estate: Estate) -> None:
    """Called once per kind, from the `ready` of the room that owns it."""
    _estates[key] = estate


def register_places(places: Places) -> None:
    _places[:] = [places]


def estates() -> tuple[Estate, ...]:
    return tuple(_estates.values())


def places() -> Places:
    """Raises IndexError when nobody registered: a programming error."""
    return _places[0]
