"""The one way in which a state moves.

A model with a life cycle lists its moves once: `MOVES = {"verb": Move(sources, target, kind)}`. `change_state` updates
the row as it was read; the WHERE clause is the lock, so that of any number of people at once exactly one moves it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models, transaction

from audit.errors import WrongState
from audit.kinds import Kind
from audit.services import Actor, record


@dataclass(frozen=True)
class Move:
    """From any of `sources` to `target`, told in the trail as `kind`; None: nothing has happened that the trail tells."""

    sources: tuple[str, ...]
    target: str
    kind: Kind | None = None


class Stateful(models.Model):
    """A row with a `state` column and a table of moves."""

    MOVES: ClassVar[Mapping[str, Move]]
    # Moves of many rows by one UPDATE, without a verb: (state, next state). The database allows these and MOVES alone.
    SET_MOVES: ClassVar[Collection[tuple[str, str]]] = ()
    state: Any

    class Meta:
        abstract = True

    def can(self, verb: str) -> bool:
        """Whether the deed is possible from the state as read. Pages use it to show or hide; the lock is elsewhere."""
        return self.state in self.MOVES[verb].sources

    def get_state_display(self) -> str:  # replaced by Django for models with choices
        return str(self.state)


def change_state(
    subject: Stateful,
    verb: str,
    *,
    by: Actor,
    at: dt.datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **columns: Any,
) -> None:
    """Move `subject` by `verb`, set `columns` in the same UPDATE, and write the trail line.

    Raises WrongState when the move is not allowed from the state as read, or when somebody else moved the row first.
    """
    move = subject.MOVES[verb]
    was = subject.state
    if was not in move.sources:
        raise WrongState(_why(subject, verb))
    model: Any = type(subject)  # each has a state column; the abstract class has none to ask for
    with transaction.atomic():
        moved = model._base_manager.filter(pk=subject.pk, state=was).update(state=move.target, **columns)
        if not moved:
            subject.refresh_from_db()
            raise WrongState(_why(subject, verb))
        subject.state = move.target
        for name, value in columns.items():
            setattr(subject, name, value)
        if move.kind is not None:
            old, new = {"state": was, **(before or {})}, {"state": move.target, **(after or {})}
            record(move.kind, subject, by=by, at=at, before=old, after=new)


def _why(subject: Stateful, verb: str) -> str:
    return (
        f"“{subject}” is {subject.get_state_display().lower()} now, so it cannot be changed in this way ({verb}). "
        "Reload the page to see where it stands."
    )
