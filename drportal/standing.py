"""Where the organisation stands, as far as this person may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from json import loads
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import JSONObject

from drills.queries import QuarterVerdicts
from drportal.needs import how_many
from people.models import User
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, Permission
from people.queries import missing, nobody_acts, roles_with_holders
from workloads.models import Classification, Proof, Tier, Workload, WorkloadQuerySet
from workloads.queries import ANY_DAY


@dataclass
class TierStanding:
    """Counts of one tier; `share` is how many of its workloads have a signed target, in whole percent."""

    level: int
    name: str
    workloads: int = 0
    signed: int = 0
    in_review: int = 0
    overdue: int = 0
    proven: int = 0

    @property
    def share(self) -> int:
        return round(100 * self.signed / self.workloads) if self.workloads else 0


@dataclass(frozen=True)
class Vacancies:
    """Roles of the organisation with what they lack, in words, and workloads for which nobody acts in a role of their own."""

    roles: list[tuple[str, str]]
    no_stakeholder: int = 0
    no_team: int = 0

    def __bool__(self) -> bool:
        return bool(self.roles or self.no_stakeholder or self.no_team)


@dataclass(frozen=True)
class Standing:
    """`vacancies` is None for who may not see people."""

    tiers: list[TierStanding]
    unclassified: int
    never_proven: int
    vacancies: Vacancies | None

    @property
    def workloads(self) -> int:
        return sum(t.workloads for t in self.tiers)

    @property
    def signed(self) -> int:
        return sum(t.signed for t in self.tiers)

    @property
    def proven(self) -> int:
        return sum(t.proven for t in self.tiers)


def standing_for(user: User, *, today: dt.date, on: dt.date) -> Standing:
    """Counts per tier: the tier in force, else the one proposed; roles as held `on` a day of the organisation.

    One query for the counts, one for the tiers with the organisation's roles beside them.
    """
    rows, vacancies = _counts(user, today), None
    if user.may(Permission.VIEW_PEOPLE):
        tiers, vacancies = _with_vacancies(user, on)
    else:
        tiers = [TierStanding(*tier) for tier in Tier.objects.values_list("level", "name")]
    by_level = {tier.level: tier for tier in tiers}
    unclassified = 0
    for row in rows:
        if row["tier_now"] is None:
            unclassified += row["count"]
            continue
        of_tier = by_level[row["tier_now"]]
        of_tier.workloads, of_tier.signed, of_tier.in_review = row["count"], row["signed"], row["reviewed"]
        of_tier.overdue, of_tier.proven = row["late"], row["met"]
    return Standing(tiers, unclassified, sum(row["never"] for row in rows), vacancies)


def _counts(user: User, today: dt.date) -> list[dict[str, Any]]:
    """By what is kept beside each workload of its target."""
    in_force = Q(state_now=Classification.State.SIGNED_OFF)
    rows: Any = (
        _in_use(Workload.objects.visible_to(user))
        .values("tier_now")
        .annotate(
            count=Count("pk"),
            signed=Count("pk", filter=in_force),
            reviewed=Count("pk", filter=Q(open_now=Classification.State.IN_REVIEW)),
            late=Count("pk", filter=Q(review_on__lt=today)),
            met=Count("pk", filter=in_force & Q(proof_rto=Proof.MET)),
            never=Count("pk", filter=in_force & Q(proven_on__isnull=True)),
        )
    )
    return list(rows)


def _in_use(workloads: WorkloadQuerySet) -> WorkloadQuerySet:
    return workloads.active().order_by()


def _with_vacancies(user: User, on: dt.date) -> tuple[list[TierStanding], Vacancies | None]:
    """The tiers, and beside them who is missing; one query. None: there is no tier."""
    if user.may(Permission.VIEW_WORKLOADS):
        sql, params = _asked_of_all()
        params = tuple(on if value == ANY_DAY else value for value in params)
    else:
        sql, params = _asked(Workload.objects.visible_to(user), on)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    vacancies = None
    if rows:
        *_, roles, no_stakeholder, no_team = rows[0]
        lacking = [
            (role["name"], missing(holds=role["holds"], deputises=role["deputises"])) for role in map(loads, roles)
        ]
        vacancies = Vacancies([(name, words) for name, words in lacking if words], no_stakeholder, no_team)
    return [TierStanding(level, name) for level, name, *_ in rows], vacancies


@cache
def _asked_of_all() -> tuple[str, tuple[Any, ...]]:
    """For who sees every workload, put together once: that takes longer than the answer."""
    return _asked(Workload.objects.all(), ANY_DAY)


def _asked(workloads: WorkloadQuerySet, on: dt.date) -> tuple[str, tuple[Any, ...]]:
    """Each tier; the organisation's roles with whether anybody acts in them, and how many workloads lack somebody."""
    held = roles_with_holders(on=on).values(json=JSONObject(name="name", holds="holds", deputises="deputises"))
    beside = {
        "roles": ArraySubquery(held),
        "no_stakeholder": how_many(_in_use(workloads).filter(nobody_acts(BUSINESS_STAKEHOLDER, on=on))),
        "no_team": how_many(_in_use(workloads).filter(nobody_acts(WORKLOAD_OWNER, on=on))),
    }
    sql, params = Tier.objects.annotate(**beside).values_list("level", "name", *beside).query.sql_with_params()
    return sql, params


def quarters_until(today: dt.date, count: int = 4) -> list[tuple[dt.date, dt.date]]:
    """The last `count` calendar quarters up to the present one, oldest first, as (first day, first day of the next)."""
    first = dt.date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    found = []
    for _ in range(count):
        after = dt.date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
        found.append((first, after))
        first = dt.date(first.year - (first.month == 1), (first.month - 4) % 12 + 1, 1)
    return found[::-1]


@dataclass(frozen=True)
class Bar:
    """One piece of a quarter's bar; `x` and `width` in per cent of the widest quarter."""

    verdict: str
    x: float
    width: float


@dataclass(frozen=True)
class Quarter:
    label: str
    counts: QuarterVerdicts
    bars: list[Bar]


GAP = 0.5  # per cent between two pieces


def quarters_drawn(quarters: list[QuarterVerdicts], *, today: dt.date) -> list[Quarter]:
    """Bars of met, missed, claimed and unmeasured drills, all on one scale."""
    most = max((q.drills for q in quarters), default=0) or 1
    drawn = []
    for quarter in quarters:
        bars, x = [], 0.0
        for verdict in ("met", "missed", "claimed", "unmeasured"):
            if count := getattr(quarter, verdict):
                bars.append(Bar(verdict, round(x, 2), round(100 * count / most - GAP, 2)))
                x += 100 * count / most
        number = (quarter.first.month + 2) // 3
        label = f"Q{number} so far" if quarter.after > today else f"Q{number} {quarter.first.year}"
        drawn.append(Quarter(label, quarter, bars))
    return drawn
