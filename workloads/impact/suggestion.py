"""What an impact analysis suggests: how long it may be down, how much data may be lost, and which answer decided. Pure.

An outage may last until just before its first serious answer, in any category, on a normal day or in any season; so may the
data that is lost. The tier is the one in whose range that need falls; where outage and data ask for different ones, the more
critical. The targets are what is needed, never looser than what that tier allows. Nobody having answered is not "none": what
is missing is named, and whether answering it could still change the suggestion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from people.wording import NBSP, duration

TIME, DATA = "time", "data"
NONE, SLIGHT, NOTICEABLE, SERIOUS, INTOLERABLE = range(5)
LEVELS = ("none", "slight", "noticeable", "serious", "intolerable")

# The levels by duration in seconds, for each loss, season (None: a normal day) and category. What is not there is unanswered.
Answers = Mapping[tuple[str, int | None, str], Mapping[int, int]]


class Ceiling(NamedTuple):
    """What a tier allows at most."""

    level: int
    rto_seconds: int
    rpo_seconds: int


class Cell(NamedTuple):
    """One question: how bad a loss of this length is, in one category."""

    loss: str
    season: int | None
    category: str
    seconds: int

    @property
    def name(self) -> str:
        """As forms and messages about one field call it."""
        return f"{self.loss}-{self.season or 0}-{self.category}-{self.seconds}"


class Answered(NamedTuple):
    cell: Cell
    level: int


@dataclass(frozen=True)
class Names:
    """How categories and seasons are called, in the order in which they are asked."""

    categories: Mapping[str, str]
    seasons: Mapping[int, str]


@dataclass(frozen=True)
class Suggestion:
    """`time` and `data` are the answers that decided, None where nothing is called serious."""

    tier: int
    rto_seconds: int
    rpo_seconds: int
    mtpd_seconds: int | None
    time: Answered | None
    data: Answered | None
    intolerable: Answered | None
    because: str
    missing: tuple[Cell, ...]
    depends: bool

    @property
    def targets(self) -> tuple[int, int, int]:
        return self.tier, self.rto_seconds, self.rpo_seconds

    def differs(self, tier: int, rto_seconds: int, rpo_seconds: int) -> bool:
        """Whether a target needs a word of explanation. While answers are missing it may be stricter, never looser."""
        theirs = (tier, rto_seconds, rpo_seconds)
        if self.depends:
            return any(chosen > asked for chosen, asked in zip(theirs, self.targets, strict=True))
        return theirs != self.targets


class Drop(NamedTuple):
    """A longer loss that is called less bad than a shorter one."""

    earlier: Answered
    later: Answered


def drops(answers: Answers) -> list[Drop]:
    """Where the answers contradict themselves: on a normal day, or in a season with the normal day where it says nothing."""
    found = []
    for season in _seasons(answers):
        for loss in (TIME, DATA):
            for curve in curves(answers, loss, season).values():
                found += [Drop(a, b) for a, b in pairwise(curve) if b.level < a.level]
    return list(dict.fromkeys(found))


def drop_words(drop: Drop, names: Names) -> str:
    """Why the two cannot both be true, naming both."""
    (early, early_level), (late, late_level) = drop
    said = f"{names.categories[early.category]}, {_length(early)}: {LEVELS[early_level]}{_on(early, late, names)}"
    return (
        f"{said}. A longer one cannot be better: {_length(late)} is {LEVELS[late_level]}{_on(late, early, names)}. "
        "Change one of the two."
    )


def _on(cell: Cell, other: Cell, names: Names) -> str:
    if cell.season is None:
        return " on a normal day" if other.season is not None else ""
    return f" in {names.seasons[cell.season]}"


def _length(cell: Cell) -> str:
    return f"an outage of {duration(cell.seconds)}" if cell.loss == TIME else f"the data of {duration(cell.seconds)}"


def suggest(
    answers: Answers, tiers: Sequence[Ceiling], *, names: Names, points: Sequence[int], with_missing: bool = True
) -> Suggestion | None:
    """What the answers ask for; None while there is no answer at all, or no tier."""
    if not tiers or not any(answers.values()):
        return None
    steps, ceilings = sorted(points), sorted(tiers)
    time, data = (_first(answers, loss, SERIOUS, names) for loss in (TIME, DATA))
    rto = _need(time, steps, ceilings[0].rto_seconds)
    rpo = _need(data, steps, ceilings[0].rpo_seconds)
    wanted = min(
        _tier_for(rto, [(tier.rto_seconds, tier.level) for tier in ceilings]),
        _tier_for(rpo, [(tier.rpo_seconds, tier.level) for tier in ceilings]),
    )
    tier = next(tier for tier in ceilings if tier.level == wanted)
    rto_seconds = tier.rto_seconds if rto is None else min(rto, tier.rto_seconds)
    rpo_seconds = tier.rpo_seconds if rpo is None else min(rpo, tier.rpo_seconds)
    intolerable = _first(answers, TIME, INTOLERABLE, names)
    targets = (wanted, rto_seconds, rpo_seconds)
    missing = tuple(_missing(answers, names, steps)) if with_missing else ()
    worst = (
        suggest(_worst(answers, missing), tiers, names=names, points=points, with_missing=False) if missing else None
    )
    because = [_why(time, rto, rto_seconds, tier, steps, names), _why(data, rpo, rpo_seconds, tier, steps, names, DATA)]
    return Suggestion(
        *targets,
        mtpd_seconds=intolerable.cell.seconds if intolerable else None,
        time=time,
        data=data,
        intolerable=intolerable,
        because=" ".join(because),
        missing=missing,
        depends=worst is not None and worst.targets != targets,
    )


def _seasons(answers: Answers) -> list[int | None]:
    return [None, *sorted({season for _, season, _ in answers if season is not None})]


def curves(answers: Answers, loss: str, season: int | None) -> dict[str, list[Answered]]:
    """Each category's answers by duration as they hold in this season: its own, else the normal day's."""
    found: dict[str, dict[int, Answered]] = {}
    for layer in dict.fromkeys((None, season)):
        for (which, when, category), levels in answers.items():
            if (which, when) == (loss, layer):
                for seconds, level in levels.items():
                    cell = Cell(loss, layer, category, seconds)
                    found.setdefault(category, {})[seconds] = Answered(cell, level)
    return {category: [curve[seconds] for seconds in sorted(curve)] for category, curve in found.items()}


def _first(answers: Answers, loss: str, level: int, names: Names) -> Answered | None:
    """The shortest loss that is called this bad; of several the worst, a normal day before a season, in the order asked."""
    order = {category: place for place, category in enumerate(names.categories)}
    found = [
        answered
        for season in _seasons(answers)
        for curve in curves(answers, loss, season).values()
        for answered in curve
        if answered.level >= level
    ]

    def rank(answered: Answered) -> tuple[int, bool, int, int, int]:
        cell = answered.cell
        season = cell.season or 0
        return cell.seconds, cell.season is not None, -answered.level, order.get(cell.category, len(order)), season

    return min(found, key=rank, default=None)


def _need(decided: Answered | None, steps: Sequence[int], least: int) -> int | None:
    """The longest loss before the one that decided; when that is the shortest of all, what the most critical tier allows."""
    if decided is None:
        return None
    shorter = [seconds for seconds in steps if seconds < decided.cell.seconds]
    return shorter[-1] if shorter else min(least, decided.cell.seconds - 1)


def _tier_for(need: int | None, ceilings: Sequence[tuple[int, int]]) -> int:
    """The tier in whose range the need falls: the tightest that still allows it, else the least critical of all."""
    fitting = [(seconds, -level) for seconds, level in ceilings if need is not None and seconds >= need]
    return -min(fitting)[1] if fitting else max(level for _, level in ceilings)


def _missing(answers: Answers, names: Names, steps: Sequence[int]) -> Iterator[Cell]:
    for loss in (TIME, DATA):
        for category in names.categories:
            levels = answers.get((loss, None, category), {})
            yield from (Cell(loss, None, category, seconds) for seconds in steps if seconds not in levels)


def _worst(answers: Answers, missing: Sequence[Cell]) -> Answers:
    """Every missing answer as bad as the later ones allow."""
    filled = {place: dict(levels) for place, levels in answers.items()}
    for loss, season, category, seconds in missing:
        later = [
            answered.level
            for when in _seasons(answers)
            if seconds not in answers.get((loss, when, category), {})
            for answered in curves(answers, loss, when).get(category, [])
            if answered.cell.seconds > seconds
        ]
        filled.setdefault((loss, season, category), {})[seconds] = min([INTOLERABLE, *later])
    return filled


def _why(
    decided: Answered | None,
    need: int | None,
    target: int,
    tier: Ceiling,
    steps: Sequence[int],
    names: Names,
    loss: str = TIME,
) -> str:
    """One sentence or two: the answer that decided, and what follows from it."""
    limit, asked = duration(target), "an outage" if loss == TIME else "a loss of data"
    if decided is None:
        longest = f" of up to {duration(steps[-1])}" if steps else ""
        return f"No answer calls {asked}{longest} serious, so what tier{NBSP}{tier.level} allows is enough: {limit}."
    cell, level = decided
    category = names.categories.get(cell.category, cell.category)
    season = f" in {names.seasons.get(cell.season, 'a season')}" if cell.season is not None else ""
    after = f"after {duration(cell.seconds)}" if loss == TIME else f"once the data of {duration(cell.seconds)} is lost"
    said = f"{category} is {LEVELS[level]} {after}{season}"
    if need is not None and target < need:
        return f"{said}, which would allow {duration(need)}; tier{NBSP}{tier.level} allows at most {limit}."
    if need is not None and need not in steps:
        return f"{said}, the shortest step that is asked, so the limit is that of tier{NBSP}{tier.level}: {limit}."
    return f"{said}, so the next smaller step is taken: {limit}."
