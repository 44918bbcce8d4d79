"""The curve of impact over time: where its lines and words go, in per cent of the width and pixels of the height. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from people.wording import NBSP, duration
from workloads.impact.suggestion import SERIOUS, TIME, Answers, Names, Suggestion, curves

TOP, BOTTOM, STEP = 44, 284, 56  # pixels: the frame, the axis (no impact), one level
FRAME = BOTTOM - TOP
LABELS = ("Slight", "Noticeable", "Serious", "Intolerable")
CROWDED, CROWDED_ON_PHONE = 4.5, 15.0  # per cent between two words on the axis
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


@dataclass(frozen=True)
class Line:
    """One curve: `path` in a square of 100, `look` its style, `end` where its name stands."""

    name: str
    path: str
    look: int


@dataclass(frozen=True)
class Tick:
    at: str
    text: str
    anchor: str
    only_wide: bool


@dataclass(frozen=True)
class Marker:
    at: str
    text: str
    anchor: str


@dataclass(frozen=True)
class Chart:
    finding: str
    lines: tuple[Line, ...]
    area: str
    grid: tuple[tuple[int, int, str], ...]
    ticks: tuple[Tick, ...]
    rto: Marker | None
    mtpd: Marker | None


def chart(answers: Answers, suggestion: Suggestion, *, names: Names, points: Sequence[int]) -> Chart:
    """The worst category at each duration, on a normal day and in each season that differs. The time axis is logarithmic."""
    axis = Axis(min(points) / 3, max(points))
    normal = _worst(answers, None)
    path = _path(normal, axis)
    seasons = [(season, _worst(answers, season)) for season in names.seasons]
    lines = [Line("Normal day", path, 0)]
    lines += [
        Line(names.seasons[season], _path(levels, axis), 1 + number % 3)
        for number, (season, levels) in enumerate((s, levels) for s, levels in seasons if levels != normal)
    ]
    last = axis.at(max(normal)) if normal else 0.0
    mtpd = suggestion.mtpd_seconds
    return Chart(
        finding=finding(answers, suggestion, names=names, points=points),
        lines=tuple(lines),
        area=f"{path}L{last:.1f} 100L0 100Z" if path else "",
        grid=tuple((BOTTOM - STEP * n, BOTTOM - STEP * n - 5, text) for n, text in enumerate(LABELS, start=1)),
        ticks=tuple(_ticks(points, axis)),
        rto=_marker(axis, suggestion.rto_seconds, f"suggested RTO {duration(suggestion.rto_seconds)}"),
        mtpd=_marker(axis, mtpd, f"intolerable from {duration(mtpd)}") if mtpd is not None else None,
    )


@dataclass(frozen=True)
class Axis:
    least: float
    most: float

    def at(self, seconds: float) -> float:
        if seconds <= self.least:
            return 0.0
        return min(100.0, 100 * math.log(seconds / self.least) / math.log(self.most / self.least))


def _worst(answers: Answers, season: int | None) -> dict[int, int]:
    found: dict[int, int] = {}
    for curve in curves(answers, TIME, season).values():
        for cell, level in curve:
            found[cell.seconds] = max(level, found.get(cell.seconds, 0))
    # What is bad after an hour is not better after four, only because a category is unanswered there.
    worst = 0
    return {seconds: (worst := max(worst, found[seconds])) for seconds in sorted(found)}


def _path(levels: dict[int, int], axis: Axis) -> str:
    """From no impact at the start, level with itself at every point."""
    x, y = 0.0, 100.0
    said = "M0 100"
    for seconds, level in levels.items():
        to_x, to_y = axis.at(seconds), 100 - 100 * STEP * level / FRAME
        middle = (x + to_x) / 2
        said += f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    return said if levels else ""


def _ticks(points: Sequence[int], axis: Axis) -> list[Tick]:
    """Words at the asked durations, from the last one backwards; those without room give way."""
    found: list[Tick] = []
    right = on_phone = 100.0 + CROWDED_ON_PHONE
    for seconds in sorted(points, reverse=True):
        x = axis.at(seconds)
        if right - x < CROWDED:
            continue
        only_wide = on_phone - x < CROWDED_ON_PHONE
        right, on_phone = x, on_phone if only_wide else x
        found.append(Tick(f"{x:.1f}%", duration(seconds), "t-end" if x > 97 else "t-mid", only_wide))
    return found[::-1]


def _marker(axis: Axis, seconds: int, text: str) -> Marker:
    x = axis.at(seconds)
    return Marker(f"{x:.1f}%", text, "t-end" if x > 55 else "")


def finding(answers: Answers, suggestion: Suggestion, *, names: Names, points: Sequence[int]) -> str:
    """The chart in one sentence or two, for who cannot see it."""
    said = [severity(suggestion, names=names, points=points).rstrip(".")]
    for season, name in names.seasons.items():
        first = next((seconds for seconds, level in _worst(answers, season).items() if level >= SERIOUS), None)
        usual = next((seconds for seconds, level in _worst(answers, None).items() if level >= SERIOUS), None)
        if first is not None and first != usual:
            said.append(f"in {name} serious after {duration(first)}")
    return f"{'; '.join(said)}. The suggested RTO is {duration(suggestion.rto_seconds)}."


def severity(suggestion: Suggestion, *, names: Names, points: Sequence[int]) -> str:
    """How bad an outage gets, in one sentence: "Serious after 1 h, intolerable after 1 day."."""
    longest = duration(max(points)) if points else ""
    if suggestion.time is None:
        return f"No outage of up to {longest} is called serious."
    first, worst = suggestion.time, suggestion.intolerable
    season = first.cell.season
    place = f" in {names.seasons.get(season, 'a season')}" if season is not None else ""
    if worst is None:
        return f"Serious after {duration(first.cell.seconds)}{place}, not intolerable within {longest}."
    if worst.cell.seconds == first.cell.seconds:
        return f"Intolerable after {duration(first.cell.seconds)}{place}."
    then = worst.cell.season
    later = f" in {names.seasons.get(then, 'a season')}" if then not in (None, season) else ""
    return (
        f"Serious after {duration(first.cell.seconds)}{place}, intolerable after {duration(worst.cell.seconds)}{later}."
    )


def money(amount: Decimal, currency: str) -> str:
    """ "€ 38k", "€ 0.9m": rounded to what a table has room for."""
    symbol = SYMBOLS.get(currency, currency)
    number = float(amount)
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if number >= size * (0.8 if unit != "k" else 1):
            short = number / size
            return (
                f"{symbol}{NBSP}{short:.1f}{unit}"
                if short < 10 and unit != "k"
                else f"{symbol}{NBSP}{short:,.0f}{unit}"
            )
    return f"{symbol}{NBSP}{number:,.0f}"


def whole(amount_per_hour: Decimal, seconds: int) -> Decimal:
    """What an outage of this length costs at that rate."""
    return amount_per_hour * seconds / 3600
