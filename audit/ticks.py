"""Signs of life of what works unseen, by the database's clock: so that silence shows, also while the broker is away."""

from __future__ import annotations

import datetime as dt
import logging
from enum import StrEnum

from django.db import Error as DatabaseError
from django.db import connection

log = logging.getLogger(__name__)
LATE = dt.timedelta(minutes=2)


class Part(StrEnum):
    """Who gives signs, as it is called for people."""

    WORKER = "worker"
    BEAT = "beat"
    SEALING = "sealing"


def tick(part: Part) -> None:
    """It is alive. A database that is away is not told, and shows itself."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_tick (name, at) VALUES (%s, clock_timestamp()) "
                "ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at",
                [part.value],
            )
    except DatabaseError as error:
        log.warning("no sign of life of %s can be written: %s", part, error)


def ages() -> dict[Part, dt.timedelta]:
    """How long ago each gave its last sign; without any, since the portal was set up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, clock_timestamp() - at FROM audit_tick")
        found: dict[str, dt.timedelta] = dict(cursor.fetchall())
    return {part: max(found.get(part.value, LATE), dt.timedelta()) for part in Part}


def late(found: dict[Part, dt.timedelta]) -> list[tuple[Part, int]]:
    """Whoever has been silent for too long, and for how many minutes."""
    return [(part, int(age.total_seconds() // 60)) for part, age in found.items() if age >= LATE]
