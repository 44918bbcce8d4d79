"""What is known of the impact of an outage: the answers of one workload, or of many, and what they suggest."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count, Max, QuerySet

from audit.kinds import Kind
from audit.models import Event
from people.models import User, organisation_today
from workloads.impact.suggestion import DATA, TIME, Ceiling, Cell, Names, Suggestion, suggest
from workloads.models import ImpactAnalysis, ImpactAnswer, ImpactCategory, ImpactPoint, Season, Tier, Workload


@dataclass(frozen=True)
class Questions:
    """What is asked of every workload, and the tiers an answer may lead to."""

    categories: tuple[ImpactCategory, ...]
    points: tuple[int, ...]
    tiers: tuple[Ceiling, ...]

    @property
    def count(self) -> int:
        return 2 * len(self.categories) * len(self.points)


def questions() -> Questions:
    return Questions(
        tuple(ImpactCategory.objects.all()),
        tuple(ImpactPoint.objects.values_list("seconds", flat=True)),
        tuple(Ceiling(*row) for row in Tier.objects.values_list("level", "rto_seconds", "rpo_seconds")),
    )


@dataclass(frozen=True)
class Picture:
    """The analysis of one workload with all that is asked; `analysis` is None where nobody has begun."""

    asked: Questions
    analysis: ImpactAnalysis | None = None
    seasons: tuple[Season, ...] = ()
    cells: Mapping[Cell, ImpactAnswer] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        return self.analysis.revision if self.analysis is not None else 0

    @property
    def names(self) -> Names:
        return Names(
            {category.key: category.name for category in self.asked.categories},
            {season.pk: season.name for season in self.seasons},
        )

    @property
    def answers(self) -> dict[tuple[str, int | None, str], dict[int, int]]:
        found: dict[tuple[str, int | None, str], dict[int, int]] = defaultdict(dict)
        for cell, answer in self.cells.items():
            found[cell.loss, cell.season, cell.category][cell.seconds] = answer.level
        return dict(found)

    @cached_property
    def suggestion(self) -> Suggestion | None:
        return suggest(self.answers, self.asked.tiers, names=self.names, points=self.asked.points)

    @property
    def answered(self) -> int:
        """How many of the questions about a normal day have an answer."""
        return sum(cell.season is None for cell in self.cells)

    @property
    def rates(self) -> list[dict[int, Decimal]]:
        """The amounts per hour on a normal day by length of the outage, for each category that has any."""
        found: dict[str, dict[int, Decimal]] = defaultdict(dict)
        for cell, answer in self.cells.items():
            if cell.season is None and cell.loss == TIME and answer.amount_per_hour is not None:
                found[cell.category][cell.seconds] = answer.amount_per_hour
        return list(found.values())

    def answered_in(self, category: str, season: int | None = None) -> int:
        """How many of the questions about one category have an answer."""
        return sum(cell.season == season and cell.category == category for cell in self.cells)

    @property
    def first_open(self) -> ImpactCategory | None:
        """The first category in which something is unanswered on a normal day; None where nothing is."""
        each = 2 * len(self.asked.points)
        return next((one for one in self.asked.categories if self.answered_in(one.key) < each), None)

    @property
    def is_whole(self) -> bool:
        return all(
            Cell(loss, None, category.key, seconds) in self.cells
            for loss in (TIME, DATA)
            for category in self.asked.categories
            for seconds in self.asked.points
        )


def picture(workload: Workload) -> Picture:
    """Everything about the impact analysis of a workload, in six queries."""
    analysis = ImpactAnalysis.objects.select_related("answered_by").filter(workload=workload).first()
    return pictures([analysis] if analysis is not None else []).get(workload.pk) or Picture(questions())


def pictures(analyses: Iterable[ImpactAnalysis]) -> dict[int, Picture]:
    """The same for many, by workload, in five queries whatever their number."""
    wanted, asked = list(analyses), questions()
    seasons: dict[int, list[Season]] = defaultdict(list)
    for season in Season.objects.filter(analysis__in=wanted):
        seasons[season.analysis_id].append(season)
    cells: dict[int, dict[Cell, ImpactAnswer]] = defaultdict(dict)
    for answer in ImpactAnswer.objects.filter(analysis__in=wanted).order_by("pk"):
        cells[answer.analysis_id][cell_of(answer)] = answer
    return {
        analysis.pk: Picture(asked, analysis, tuple(seasons[analysis.pk]), cells[analysis.pk]) for analysis in wanted
    }


class Contributor(NamedTuple):
    """Somebody who answered, or changed a season: how often, and on which day last."""

    name: str
    times: int
    last_on: dt.date


def contributors(workload: Workload) -> list[Contributor]:
    """Everybody who had a part in the analysis, the latest first; from the trail, which names also those who have left."""
    kinds = (Kind.IMPACT_ANSWERED, Kind.SEASON_ADDED, Kind.SEASON_CHANGED, Kind.SEASON_REMOVED)
    lines = Event.objects.filter(thread=workload.trail_thread, kind__in=kinds).order_by()
    rows = lines.values("actor_id", "actor_name").annotate(times=Count("pk"), last=Max("at")).order_by("-last")
    return [Contributor(row["actor_name"], row["times"], organisation_today(row["last"])) for row in rows]


def cell_of(answer: ImpactAnswer) -> Cell:
    return Cell(answer.loss, answer.season_id, answer.category_id, answer.point_id)


def seasons_for(user: User) -> QuerySet[Season]:
    """Seasons of the workloads this person may see."""
    return Season.objects.filter(analysis__workload__in=Workload.objects.visible_to(user)).select_related(
        "analysis__workload__owner_team"
    )


def suggestion_for(workload: Workload) -> Suggestion | None:
    """What the analysis of a workload suggests at this moment; None while nothing is answered."""
    return picture(workload).suggestion


def answered(workload: Workload) -> bool:
    """Whether every category is answered at every duration, for an outage and for lost data, on a normal day."""
    return workload.pk in answered_of([workload.pk])


def answered_of(numbers: Iterable[int]) -> set[int]:
    """Of these workloads those that are answered in this way."""
    asked = ImpactCategory.objects.count() * ImpactPoint.objects.count() * 2
    given = ImpactAnswer.objects.filter(analysis__in=list(numbers), season=None).order_by().values("analysis")
    whole = given.annotate(given=Count("pk")).filter(given=asked, given__gt=0)
    return set(whole.values_list("analysis", flat=True))
