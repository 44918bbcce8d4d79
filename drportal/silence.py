"""What works unseen and does not: for administrators on Home, and for the health probe."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from audit import ticks
from communications.outbox import outbox
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
    late, found = ticks.late(ticks.ages()), outbox()
    return Silence(late, found.held_at, found.held_why) if late or found.held_at else None


def parts() -> dict[str, dict[str, Any]]:
    """The same for programs: each part, whether it is well, and the age of its last sign in seconds."""
    found: dict[str, dict[str, Any]] = {
        part.value: {"ok": age < ticks.LATE, "age_seconds": int(age.total_seconds())}
        for part, age in ticks.ages().items()
    }
    box = outbox()
    held = {"held_since": box.held_at.isoformat(), "said": "No message leaves."} if box.held_at else {}
    return found | {"outbox": {"ok": not held, **held}}
