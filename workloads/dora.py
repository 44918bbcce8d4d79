"""The functions of the register of information that DORA asks for: template B_06.01, in its column codes. Pure.

Source: Commission Implementing Regulation (EU) 2024/2956, annex, template B_06.01; codes as the supervisors' data model has them.
What the portal does not know (the licensed activity) stays empty for who submits the register to fill.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

COLUMNS = ("c0010", "c0020", "c0030", "c0040", "c0050", "c0060", "c0070", "c0080", "c0090", "c0100")
YES, NO, NOT_ASSESSED = "eba_BT:x28", "eba_BT:x29", "eba_BT:x21"
LOW, MEDIUM, HIGH, IMPACT_NOT_ASSESSED = "eba_ZZ:x791", "eba_ZZ:x792", "eba_ZZ:x793", "eba_ZZ:x799"
NEVER = "9999-12-31"  # the template's word for "no assessment"
REASON_MAX = 300  # characters
CRITICAL_TIERS = (0, 1)
HOUR = 3600


@dataclass(frozen=True)
class Function:
    """A workload as the template sees it. `tier`, targets (seconds) and `assessed_on` are None without a signed target;
    `worst` is the worst level (0 to 4) of its impact analysis, None when it is unanswered."""

    number: int
    name: str
    tier: int | None
    reason: str
    assessed_on: dt.date | None
    rto_seconds: int | None
    rpo_seconds: int | None
    worst: int | None


def row(function: Function, lei: str) -> list[str]:
    """One line of the template."""
    return [
        f"F{function.number}",
        "",
        function.name,
        lei,
        NOT_ASSESSED if function.tier is None else YES if function.tier in CRITICAL_TIERS else NO,
        shortened(function.reason),
        function.assessed_on.isoformat() if function.assessed_on is not None else NEVER,
        str(hours(function.rto_seconds)),
        str(hours(function.rpo_seconds)),
        impact(function.worst),
    ]


def hours(seconds: int | None) -> int:
    """Whole hours, never better than promised by rounding down; 1 for anything shorter, 0 where nothing is defined."""
    return 0 if seconds is None else max(1, -(-seconds // HOUR))


def impact(worst: int | None) -> str:
    """What it means to discontinue the function, from the worst answer at any duration."""
    if worst is None:
        return IMPACT_NOT_ASSESSED
    return HIGH if worst >= 3 else MEDIUM if worst == 2 else LOW


def shortened(reason: str) -> str:
    """On one line, as long as the template takes."""
    flat = " ".join(reason.split())
    return flat if len(flat) <= REASON_MAX else f"{flat[: REASON_MAX - 1].rstrip()}…"
