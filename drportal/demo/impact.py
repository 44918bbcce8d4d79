"""What an outage of the demo's workloads costs: answers that lead to the targets of the story, or nearly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from drportal.demo import cast
from people.models import User, organisation_today
from people.queries import people_in_role
from people.wording import parse_duration
from workloads.impact import services
from workloads.impact.queries import suggestion_for
from workloads.impact.services import Given
from workloads.impact.suggestion import DATA, TIME, Cell
from workloads.models import ImpactAnalysis, ImpactAnswer, ImpactCategory, ImpactPoint, Tier, Workload

if TYPE_CHECKING:
    from drportal.demo.build import Organisation

# What hurts a team's business first; the others follow so many durations later.
ORDER = {
    "Platform": ("operations", "trust", "money", "regulation", "safety"),
    "Payments": ("money", "trust", "regulation", "operations", "safety"),
    "Claims": ("trust", "money", "operations", "regulation", "safety"),
    "Policy": ("trust", "operations", "money", "regulation", "safety"),
    "Digital": ("trust", "money", "operations", "regulation", "safety"),
    "Data": ("regulation", "operations", "money", "trust", "safety"),
    "Finance": ("regulation", "operations", "money", "trust", "safety"),
    "Workplace": ("operations", "money", "trust", "regulation", "safety"),
}
LATER = (0, 1, 1, 2, 4)
# An hour of the shortest outage, in euros, by tier.
RATES = {0: 190_000, 1: 38_000, 2: 4_200, 3: 300}
NOTES = {
    "Payments": "Payments per hour of last year; penalties in the contract with the card network.",
    "Claims": "Calls and new claims per hour of last year, without the storm of January.",
    "Finance": "Hours of the closing calendar; deadlines of the regulator.",
}
MONTH_END = {"General Ledger", "Reserving Models", "Commission Runs"}
STORM_SEASON = {"Claims Intake", "Contact Centre Telephony", "Roadside Assist", "Supplier Portal"}
# Begun, not finished: so many of the questions are open.
OPEN = {"Chat Assistant": 7, "Pet Insurance Launch": 19, "Branch Printers": 3}
NOT_BEGUN = {"Carbon Report", "Old Claims Archive"}


def analyse(org: Organisation, workloads: dict[str, Workload]) -> None:
    """All of them in the week they were registered, by the team or its business stakeholder."""
    points = list(ImpactPoint.objects.values_list("seconds", flat=True))
    for number, load in enumerate(cast.WORKLOADS):
        if load.name in NOT_BEGUN:
            continue
        workload, role = workloads[load.name], ("workload-team", "business-stakeholder")[number % 2]
        by, at = _holder(org, role, workload), workload.added_at + dt.timedelta(days=3)
        answers = _answers(load, points)
        for cell in list(answers)[::-2][: OPEN.get(load.name, 0)]:
            del answers[cell]
        services.answer(
            workload=workload, by=by, at=at, revision=0, answers=answers, note=NOTES.get(load.team, "")
        )  # fmt: skip
        _season(load, workload, answers, points, by, at + dt.timedelta(hours=1))


def _holder(org: Organisation, role: str, workload: Workload) -> User:
    return people_in_role(role, workload_id=workload.pk, on=organisation_today(org.now))[0]


def _serious_at(points: Sequence[int], allowed: int, tier: int) -> int:
    """Which duration is the first serious one, so that what is allowed comes out."""
    return max(sum(seconds <= allowed for seconds in points), 1 if tier else 0)


def level(steps: int) -> int:
    """How bad so many durations after the first serious one: none, slight, noticeable, serious, serious, intolerable."""
    return 4 if steps >= 2 else 3 if steps >= 0 else max(0, 3 + steps)


def _answers(load: cast.Load, points: Sequence[int]) -> dict[Cell, Given | None]:
    found: dict[Cell, Given | None] = {}
    for loss, allowed in ((TIME, parse_duration(load.rto)), (DATA, parse_duration(load.rpo))):
        first = _serious_at(points, allowed, load.tier)
        for category, later in zip(ORDER[load.team], LATER, strict=True):
            for place, seconds in enumerate(points):
                how_bad = level(place - first - later)
                amount = _rate(load, place) if (loss, category) == (TIME, "money") and how_bad else None
                found[Cell(loss, None, category, seconds)] = Given(how_bad, amount)
    return found


def _rate(load: cast.Load, place: int) -> Decimal:
    """An hour costs more the longer it lasts, and not the same for every workload."""
    rate = RATES[load.tier] * (80 + len(load.purpose) % 60) // 100 * (4 + place) // 4
    return Decimal(rate // 100 * 100)


def _season(
    load: cast.Load,
    workload: Workload,
    usual: dict[Cell, Given | None],
    points: Sequence[int],
    by: User,
    at: dt.datetime,
) -> None:
    """A time in which it becomes intolerable a step earlier, and what comes second hurts more."""
    if load.name in MONTH_END:
        season = services.add_season(workload=workload, by=by, at=at, name="Month-end", working_days=2)
    elif load.name in STORM_SEASON:
        when = {"from_month": 10, "from_day": 1, "to_month": 3, "to_day": 15}
        season = services.add_season(workload=workload, by=by, at=at, name="Storm season", **when)
    else:
        return
    first, second = ORDER[load.team][:2]
    serious = _serious_at(points, parse_duration(load.rto), load.tier)
    worse: dict[Cell, Given | None] = {}
    for place, seconds in enumerate(points):
        if place == serious + 1:
            worse[Cell(TIME, season.pk, first, seconds)] = Given(4)
        given = usual[Cell(TIME, None, second, seconds)]
        if given is not None and 1 <= given.level <= 3:
            worse[Cell(TIME, season.pk, second, seconds)] = Given(given.level + 1)
    revision = ImpactAnalysis.objects.get(workload=workload).revision
    services.answer(workload=workload, by=by, at=at + dt.timedelta(minutes=9), revision=revision, answers=worse)


def why_other(workload: Workload, tier: int, rto_seconds: int, rpo_seconds: int) -> str:
    """The team's reason for a target other than the analysis suggests; empty where it is the same."""
    suggested = suggestion_for(workload)
    if suggested is None or not suggested.differs(tier, rto_seconds, rpo_seconds):
        return ""
    if any(mine > asked for mine, asked in zip((tier, rto_seconds, rpo_seconds), suggested.targets, strict=True)):
        return "The provider promises no more; the business bridges the rest by hand, and has written down how."
    return "It shares its standby with the systems beside it, which need as much; being slower would save nothing."


def add_answers(workloads: Sequence[Workload], tiers: dict[int, int], now: dt.datetime) -> None:
    """Whole analyses for many, in bulk: the pattern of each one's tier, tier 2 where it has none."""
    points = list(ImpactPoint.objects.values_list("seconds", flat=True))
    ceilings = {tier.level: (tier.rto_seconds, tier.rpo_seconds) for tier in Tier.objects.all()}
    keys = list(ImpactCategory.objects.values_list("pk", flat=True))
    ImpactAnalysis.objects.bulk_create(
        ImpactAnalysis(workload=workload, answered_at=now - dt.timedelta(days=200), answered_by=workload.added_by)
        for workload in workloads
    )
    ImpactAnswer.objects.bulk_create(
        (
            ImpactAnswer(
                analysis_id=workload.pk, loss=loss, category_id=key, point_id=seconds,
                level=level(place - _serious_at(points, allowed, tier) - min(number, 3)),
            )
            for workload in workloads
            for tier in [tiers.get(workload.pk, 2)]
            for loss, allowed in zip((TIME, DATA), ceilings.get(tier, (14_400, 14_400)), strict=True)
            for number, key in enumerate(keys)
            for place, seconds in enumerate(points)
        ),
        batch_size=5000,
    )  # fmt: skip
