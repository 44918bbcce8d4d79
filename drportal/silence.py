"""What works unseen and does not: for administrators on Home, and for the health probe."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models.expressions import RawSQL

from audit import ticks
from communications.models import Outbox
from people.models import User
from people.permissions import Permission


@dataclass(frozen=True)
class Silence:
    """`late` are parts and for how many minutes nothing was heard of them."""

    late: list[tuple[ticks.Part, int]]
    held_at: dt.datetime | None
    held_why: str


def silence_for(user: User) -> Silence | None:
    """What an administrator is told; None for others, and while everything gives signs of life."""
    if not (user.may(Permission.CONFIGURE) or user.may(Permission.RETRY_MESSAGES)):
        return None
    ages, found = _seen()
    late = ticks.late(ages)
    return Silence(late, found.held_at, found.held_why) if late or found.held_at else None


def _seen() -> tuple[dict[ticks.Part, dt.timedelta], Outbox]:
    """Signs of life and the outbox, in one question: Home asks it each time."""
    seen = RawSQL("(SELECT json_object_agg(name, extract(epoch FROM clock_timestamp() - at)) FROM audit_tick)", [])
    found = Outbox.objects.annotate(signs=seen).get()
    return ticks.by_part(found.signs or {}), found


def parts() -> dict[str, dict[str, Any]]:
    """The same for programs: each part, whether it is well, and the age of its last sign in seconds."""
    ages, box = _seen()
    found: dict[str, dict[str, Any]] = {
        part.value: {"ok": age < ticks.LATE, "age_seconds": int(age.total_seconds())} for part, age in ages.items()
    }
    held = {"held_since": box.held_at.isoformat(), "said": "No message leaves."} if box.held_at else {}
    return found | {"outbox": {"ok": not held, **held}}
