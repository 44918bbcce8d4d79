"""What a workload is called to somebody who may not see it: one rule for pages, files, answers and findings. Pure.

It is said that there is one, never which: no name, no number, no address, no tier, no times. The one exception is a finding about
the tier itself, which would say nothing without it. What is frozen says what its author saw (docs/decisions/0015), so the words
are true for whoever reads them. Shared services are hidden from nobody (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Collection

HIDDEN = "a workload of another team"


def called(name: str, number: int, seen: Collection[int] | None) -> str:
    """`seen`: the numbers of those that may be named; None: all. Third parties, whose number is below 0, are no secret."""
    return name if may_name(number, seen) else HIDDEN


def unnamed(number: int) -> str:
    """So many that may not be named, in words; "" for none."""
    return HIDDEN if number == 1 else f"{number} workloads of other teams" if number else ""


def may_name(number: int, seen: Collection[int] | None) -> bool:
    return number < 0 or seen is None or number in seen
