"""Whether a finding is worse now than what was waived. Pure.

A finding has figures, each worse the larger it is; a waiver keeps those of the moment at which it was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from people.wording import duration

# A drill that runs some seconds longer does not undo what the sponsor accepted: one part in so many.
LEEWAY = 20
TIMES = ("back", "late", "lost", "over")


def _tiers_apart(number: int) -> str:
    return f"{number} tier{'' if number == 1 else 's'} less critical"


SAID: Mapping[str, Callable[[int], str]] = {
    "back": lambda seconds: f"back in {duration(seconds)}",
    "late": lambda seconds: f"{duration(seconds)} later than promised",
    "lost": lambda seconds: f"{duration(seconds)} of data lost",
    "over": lambda seconds: f"{duration(seconds)} more lost than promised",
    "tier": lambda tier: f"tier {tier}",
    "apart": _tiers_apart,
}


def worse(waived: Mapping[str, int], now: Iterable[tuple[str, int]]) -> str:
    """What has grown, in words: "back in 6 h then, back in 9 h now"; "" while the waiver covers it. What was waived before there
    were figures has none and covers all."""
    leeway = max((waived[name] for name in ("back", "lost") if name in waived), default=0) // LEEWAY
    grown = [
        f"{SAID[name](waived[name])} then, {SAID[name](amount)} now"
        for name, amount in now
        if name in waived and amount > waived[name] + (leeway if name in TIMES else 0)
    ]
    return "; ".join(grown)


def limits(waived: Mapping[str, int]) -> str:
    """How bad it may be under the waiver."""
    return "; ".join(said(waived[name]) for name, said in SAID.items() if name in waived)
