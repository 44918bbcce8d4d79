"""Where the parts of a promise bar go. Pure.

The promise is a tick at two thirds of the width; the bar ends at the edge beyond 150 %, and the number speaks.
"""

from __future__ import annotations

from dataclasses import dataclass

PROMISE_AT = 200 / 3  # per cent of the width
GAP = 0.4


@dataclass(frozen=True)
class Shape:
    """Per cent of the width, as written into the SVG."""

    tick: str
    tick_at_start: bool
    declare: str  # width of the first, grey part; empty without one
    start: str
    width: str  # empty when there is nothing to draw
    look: str


def shape(promised: int, measured: int | None, verdict: str, declared: int = 0) -> Shape:
    """The drawing for times in seconds. A promise of zero stands at the start: whatever is longer fills the width."""
    tick = PROMISE_AT if promised else 0.3
    if verdict == "missed" and measured is None:  # it never came back: longer than the bar
        measured = 2 * promised or 1

    def at(seconds: int) -> float:
        if not promised:
            return 100.0 if seconds else 0.0
        return min(100.0, seconds / promised * PROMISE_AT)

    if measured is None or verdict == "unmeasured":
        return Shape(_percent(tick), not promised, "", "0.3%", "99.3%", "unmeasured")
    end = at(measured)
    first = min(at(declared), end) if declared > 0 else 0.0
    start = first + GAP if first else 0.3
    width = max(end - start, 0.0)
    return Shape(
        tick=_percent(tick),
        tick_at_start=not promised,
        declare=_percent(first) if first else "",
        start=_percent(start),
        width=_percent(max(width, 0.3)) if measured > 0 else "",
        look=verdict,
    )


def _percent(value: float) -> str:
    return f"{value:.1f}%"
