"""How signed things answer without this room knowing them.

A room above registers one `Subject` per kind of thing that can be signed. Exactly one object answers, called by name inside
the transaction of the deed: no broadcast, nothing that may be forgotten (docs/decisions/0004).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import QuerySet

if TYPE_CHECKING:
    from people.models import User
    from signoffs.models import Request


@dataclass(frozen=True)
class Notice:
    """Something to know before one signs. `look` is that of a notice on a page: plain, "bad" or "waived". What `blocks` keeps
    everybody from signing until it is gone."""

    title: str
    text: str
    look: str = ""
    address: str = ""
    blocks: bool = False


class Subject(Protocol):
    """What a signable thing has to answer; `subject_id` is its primary key."""

    def document(self, subject_id: int) -> dict[str, Any]:
        """The document as it would be frozen now; compared with what was frozen before every signature."""

    def address(self, subject_id: int) -> str:
        """The page of the thing."""

    def visible_ids(self, user: User) -> QuerySet[Any, Any]:
        """Primary keys of the things this person may see, as a subquery."""

    def notices(self, request: Request, *, user: User, on: dt.date) -> Sequence[Notice]:
        """What this reader should know today before she signs, beside the frozen document, in names that she may see. Asked
        again by the deed: one that blocks refuses the signature."""

    def needs_confirmed_signers(self, subject_id: int) -> bool:
        """Whether nobody signs it in a role that no second person has confirmed (docs/decisions/0020)."""

    def waived_until(self, subject_ids: Collection[int], *, on: dt.date) -> Mapping[int, dt.date]:
        """Of these the ones of which something is waived on this day, and until when; for the rows of a list."""

    def completed(self, request: Request, *, by: User, at: dt.datetime) -> None:
        """All have signed."""

    def rejected(self, request: Request, *, by: User, at: dt.datetime, reason: str) -> None:
        """Somebody refused."""

    def voided(self, request: Request, *, by: User, at: dt.datetime) -> None:
        """The thing changed under the request."""


_subjects: dict[str, Subject] = {}


def register(kind: str, subject: Subject) -> None:
    """Called once per kind, from the `ready` of the room that owns it."""
    _subjects[kind] = subject


def subject_of(kind: str) -> Subject:
    """Raises KeyError for a kind nobody registered: a programming error."""
    return _subjects[kind]


def kinds() -> tuple[str, ...]:
    return tuple(_subjects)
