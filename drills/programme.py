"""The calendar of months by teams, as the programme page shows it. Pure, but for the drills it is given."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from drills.models import Drill
from people.models import Team

MONTHS = 12
BACK = 2  # months before the present one
FIRST_YEAR, LAST_YEAR = 2000, 2100


def first_month(asked: str, today: dt.date) -> dt.date:
    """The month to begin with: "2026-09", else two months ago."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", asked)
    if found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return dt.date(int(found[1]), int(found[2]), 1)
    return plus_months(today.replace(day=1), -BACK)


def plus_months(first: dt.date, count: int) -> dt.date:
    months = first.year * 12 + first.month - 1 + count
    return dt.date(months // 12, months % 12 + 1, 1)


@dataclass
class Cell:
    month: dt.date
    is_now: bool
    drills: list[Drill] = field(default_factory=list)
    more: int = 0


@dataclass
class Row:
    team: Team
    cells: list[Cell]

    @property
    def drills(self) -> list[Drill]:
        """All of the year, for the phone."""
        return [drill for cell in self.cells for drill in cell.drills]


def rows(teams: Iterable[Team], drills: Iterable[Drill], first: dt.date, today: dt.date) -> list[Row]:
    """One row a team, one cell a month. Each drill carries `month` and `in_cell` (see `queries.calendar_cells`)."""
    months = [plus_months(first, n) for n in range(MONTHS)]
    found = {team.pk: Row(team, [Cell(month, is_now(month, today)) for month in months]) for team in teams}
    for drill in drills:
        month: dt.date = drill.month.date()  # type: ignore[attr-defined]
        cell = found[drill.workload.owner_team_id].cells[months.index(month.replace(day=1))]
        cell.drills.append(drill)
        cell.more = drill.in_cell - len(cell.drills)  # type: ignore[attr-defined]
    return list(found.values())


def is_now(month: dt.date, today: dt.date) -> bool:
    return (month.year, month.month) == (today.year, today.month)
