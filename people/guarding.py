"""Guarded roles: those whose holders can change what others may do, decide a target, or look at everything.

They are given only with a second person's confirmation (people/confirmations.py). Which roles sign is known in a room above;
it registers one source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from people.models import Role
from people.permissions import AUDITOR, HEAD_OF_OPERATIONS, Permission

GUARDED_KEYS = frozenset({AUDITOR, HEAD_OF_OPERATIONS})
GUARDED_RIGHTS = frozenset(
    {Permission.ASSIGN_ROLES, Permission.ADD_PEOPLE, Permission.CONFIGURE, Permission.ISSUE_MACHINE_TOKENS}
)

_signing_roles: list[Callable[[], Iterable[str]]] = []


def register_signing_roles(source: Callable[[], Iterable[str]]) -> None:
    """`source` gives the keys of the roles that a signing rule names. Called once, from the `ready` of the room above."""
    _signing_roles[:] = [source]


def guarded_roles() -> frozenset[str]:
    """Keys of the guarded roles, as rights and signing rules are now. Two queries."""
    by_right = Role.objects.filter(rights__overlap=[right.value for right in GUARDED_RIGHTS])
    signing = (key for source in _signing_roles for key in source())
    return GUARDED_KEYS.union(by_right.values_list("pk", flat=True), signing)
