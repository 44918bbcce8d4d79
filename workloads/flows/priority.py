"""Which failure mode to look at first. Pure.

The priority follows from three answers, each from 1 (harmless) to 4: how bad it is, how likely, and how late it is noticed.
Their product runs from 1 to 64:

- high from 24, and whenever severity times likelihood alone reaches 12 (serious and frequent, intolerable and likely):
  noticing early helps to repair, it does not prevent;
- medium from 8, and whenever the effect is intolerable;
- low otherwise.

A worse answer never lowers the priority.
"""

from __future__ import annotations

from enum import StrEnum

WORST = 4
HIGH_FROM, HIGH_WHATEVER_IS_NOTICED_FROM = 24, 12
MEDIUM_FROM, MEDIUM_WHATEVER_ELSE_FROM = 8, 4


class Priority(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def priority(*, severity: int, likelihood: int, noticed: int) -> Priority:
    """Raises ValueError for an answer outside 1 to 4."""
    if not all(1 <= answer <= WORST for answer in (severity, likelihood, noticed)):
        raise ValueError("Answers run from 1 to 4.")
    product = severity * likelihood * noticed
    if product >= HIGH_FROM or severity * likelihood >= HIGH_WHATEVER_IS_NOTICED_FROM:
        return Priority.HIGH
    if product >= MEDIUM_FROM or severity >= MEDIUM_WHATEVER_ELSE_FROM:
        return Priority.MEDIUM
    return Priority.LOW
