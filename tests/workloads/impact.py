"""Answers of an impact analysis, written shortly."""

from __future__ import annotations

import datetime as dt
from typing import Any

from people.models import User
from tests.cast import NOW, Cast
from workloads.impact import services
from workloads.impact.services import Given
from workloads.impact.suggestion import DATA, TIME, Cell
from workloads.models import ImpactAnalysis

POINTS = (900, 3600, 14400, 86400, 259200, 604800)
CATEGORIES = ("money", "trust", "regulation", "safety", "operations")


def cells(
    loss: str = TIME, category: str = "trust", levels: str = "133444", season: int | None = None
) -> dict[Cell, Given]:
    """ "1.3" is slight after 15 minutes, unanswered after an hour, serious after four."""
    return {
        Cell(loss, season, category, seconds): Given(int(level))
        for seconds, level in zip(POINTS, levels, strict=False)
        if level != "."
    }


# Serious after an hour, intolerable after a day; the data of an hour is serious: tier 1, 15 min and 5 min.
def whole(time: str = "133444", data: str = "133444") -> dict[Cell, Given]:
    """Customer trust as given, and no impact in all other categories."""
    found: dict[Cell, Given] = {}
    for loss, levels in ((TIME, time), (DATA, data)):
        for category in CATEGORIES:
            found |= cells(loss, category, levels if category == "trust" else "000000")
    return found


def answer(
    cast: Cast, answers: dict[Cell, Given | None] | None = None, *, by: User | None = None, **values: Any
) -> ImpactAnalysis:
    found = ImpactAnalysis.objects.filter(workload=cast.workload).first()
    given: dict[str, Any] = {"at": NOW, "revision": found.revision if found else 0}
    return services.answer(
        workload=cast.workload, by=by or cast.owner, answers=whole() if answers is None else answers, **(given | values)
    )


def month_end(cast: Cast, *, by: User | None = None, at: dt.datetime = NOW) -> Any:
    return services.add_season(workload=cast.workload, by=by or cast.owner, at=at, name="Month-end", working_days=2)
