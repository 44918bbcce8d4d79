"""How people hear of a role without this room knowing messages (docs/decisions/0008).

The room above that knows both messages and workloads registers one teller. It is called by name inside the transaction of the
deed: no broadcast, nothing that may be forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from audit.services import Actor
    from people.models import Confirmation, RoleAssignment, User


class Teller(Protocol):
    def role_assigned(self, assignment: RoleAssignment, *, by: User, at: dt.datetime) -> None:
        """Somebody has a role from now on, or from a day to come."""

    def handed_over(
        self, person: User, to: User, passed: Sequence[str], *, from_on: dt.date, by: User, at: dt.datetime
    ) -> None:
        """Everything that the one had is the other's from a day on; `passed` names it."""

    def confirmation_asked(self, confirmation: Confirmation, may_confirm: Sequence[User], *, at: dt.datetime) -> None:
        """Something about rights waits for a second person; these people can confirm it."""

    def confirmation_closed(self, confirmation: Confirmation, *, by: Actor, at: dt.datetime) -> None:
        """It was confirmed, refused, or taken back."""

    def roles_confirmed(
        self, confirmation: Confirmation, assignments: Sequence[RoleAssignment], *, at: dt.datetime
    ) -> None:
        """These roles, given in one deed, are in effect from now on."""


_tellers: list[Teller] = []


def register(teller: Teller) -> None:
    """Called once, from the `ready` of the room above."""
    _tellers[:] = [teller]


def teller() -> Teller:
    """Raises IndexError when nobody registered: a programming error."""
    return _tellers[0]
