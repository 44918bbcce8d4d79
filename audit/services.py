"""Writing the trail."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from django.db import models, transaction

from audit.copying import copy_rows
from audit.kinds import Kind
from audit.models import Door, Event

if TYPE_CHECKING:
    from collections.abc import Iterator


class Actor(Protocol):
    """Whoever does a deed: a user, or the portal itself."""

    @property
    def pk(self) -> Any: ...
    def __str__(self) -> str: ...


@dataclass(frozen=True)
class _Nameless:
    """A doer without a person behind it."""

    name: str
    pk: None = None

    def __str__(self) -> str:
        return self.name


PORTAL: Actor = _Nameless("Portal")  # acting on its timetable
NOBODY: Actor = _Nameless("Somebody not signed in")
MACHINE_OWNER: Actor = _Nameless("Owner of the machine")  # by a command, where nobody is there yet who may

encode = json.JSONEncoder().encode

_door: ContextVar[Door] = ContextVar("door", default=Door.COMMAND)

# A trail line is read by many and kept for ever: secrets never enter it, not even by mistake.
SECRET_WORDS = ("password", "secret", "token", "key", "cookie", "session", "authorization")


@contextmanager
def through(door: Door) -> Iterator[None]:
    """Deeds inside came in through this door; set by middleware, tasks and admin."""
    reset = _door.set(door)
    try:
        yield
    finally:
        _door.reset(reset)


def record(
    kind: Kind,
    subject: models.Model,
    *,
    by: Actor,
    at: dt.datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    thread: str = "",
) -> Event:
    """Write one line. Call it inside the transaction of the deed; raises when there is none."""
    _need_transaction()
    return Event.objects.create(**_columns(kind, subject, by, at, before, after, thread))


def record_many(
    kind: Kind,
    rows: Iterable[tuple[models.Model, Mapping[str, Any], Mapping[str, Any]]],
    *,
    by: Actor,
    at: dt.datetime,
) -> int:
    """Write one line per (subject, before, after); for deeds on thousands of rows. Returns how many."""
    _need_transaction()
    events = [_columns(kind, subject, by, at, before, after, "") for subject, before, after in rows]
    if not events:
        return 0
    lines = ([*list(event.values())[:-2], encode(event["before"]), encode(event["after"])] for event in events)
    return copy_rows(Event._meta.db_table, list(events[0]), lines)


def _need_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a trail line belongs into the transaction of its deed")


def thread_of(subject: models.Model) -> str:
    """The thread a subject belongs to: its own `trail_thread` when it names one."""
    return str(getattr(subject, "trail_thread", "") or f"{subject._meta.model_name}:{subject.pk}")


def _columns(
    kind: Kind,
    subject: models.Model,
    by: Actor,
    at: dt.datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    thread: str,
) -> dict[str, Any]:
    return {
        "kind": Kind(kind),
        "at": at,
        "actor_id": by.pk,
        "actor_name": str(by)[:200],
        "door": Door.SWEEP if by is PORTAL else _door.get(),
        "subject_type": subject._meta.label_lower,
        "subject_id": str(subject.pk),
        "subject_name": str(subject)[:300],
        "thread": thread or thread_of(subject),
        "before": plain(before or {}),
        "after": plain(after or {}),
    }


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as canonical JSON can hold them: texts, whole numbers, booleans, null, lists and objects.

    Raises ValueError for a name that smells of a secret and TypeError for a value that has no exact form.
    """
    for name in values:
        if _smells(name):
            raise ValueError(f"“{name}” may be a secret and must not enter the trail")
    return {name: _plain(value) for name, value in values.items()}


@lru_cache(1024)  # names of fields: the same few again and again
def _smells(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value).replace("\x00", "")  # PostgreSQL's jsonb cannot hold NUL
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat()
        case dt.date() | dt.time():
            return value.isoformat()
        case models.Model():
            return str(value)
        case Mapping():
            return plain(value)
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():  # a set has no order of its own; the line gets one
            return sorted((_plain(item) for item in value), key=str)
    if hasattr(value, "as_tuple"):  # Decimal: exact as text
        return str(value)
    raise TypeError(f"{type(value).__name__} has no exact form in the trail")


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides reduced to the names whose values differ."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
