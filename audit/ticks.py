"""Signs of life of what works unseen, by the database's clock: so that silence shows, also while the broker is away."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
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


def by_part(seconds: Mapping[str, float]) -> dict[Part, dt.timedelta]:
    """The age of each one's last sign; who never gave any is late."""
    return {
        part: max(dt.timedelta(seconds=float(seconds.get(part.value, LATE.total_seconds()))), dt.timedelta())
        for part in Part
    }


def late(found: dict[Part, dt.timedelta]) -> list[tuple[Part, int]]:
    """Whoever has been silent for too long, and for how many minutes."""
    return [(part, int(age.total_seconds() // 60)) for part, age in found.items() if age >= LATE]
