"""Where the organisation stands, as far as this person may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Q
from django.db.models.functions import JSONObject

from drills.queries import QuarterVerdicts
from drportal.needs import how_many
from people.models import User
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, Permission
from people.queries import missing, nobody_acts, roles_with_holders
from workloads.models import Classification, Proof, Tier, Workload, WorkloadQuerySet


@dataclass
class TierStanding:
    """Counts of one tier; `share` is how many of its workloads have a signed target, in whole percent."""

    tier: Tier | None
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
    rows, sees_people = _counts(user, today), user.may(Permission.VIEW_PEOPLE)
    beside: dict[str, Any] = _lacking(user, on) if sees_people else {}
    found: list[Any] = list(Tier.objects.annotate(**beside))
    tiers = {tier.level: TierStanding(tier) for tier in found}
    unclassified = 0
    for row in rows:
        if row["tier_now"] is None:
            unclassified += row["count"]
            continue
        of_tier = tiers[row["tier_now"]]
        of_tier.workloads, of_tier.signed, of_tier.in_review = row["count"], row["signed"], row["reviewed"]
        of_tier.overdue, of_tier.proven = row["late"], row["met"]
    vacancies = _vacancies(found[0]) if found and sees_people else None
    return Standing(list(tiers.values()), unclassified, sum(row["never"] for row in rows), vacancies)


def _counts(user: User, today: dt.date) -> list[dict[str, Any]]:
    """By what is kept beside each workload of its target."""
    in_force = Q(state_now=Classification.State.SIGNED_OFF)
    rows: Any = (
        _in_use(user)
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


def _in_use(user: User) -> WorkloadQuerySet:
    return Workload.objects.visible_to(user).active().order_by()


def _lacking(user: User, on: dt.date) -> dict[str, Any]:
    """The organisation's roles with whether anybody acts in them, and how many workloads lack somebody, as values of a query."""
    held = roles_with_holders(on=on).values(json=JSONObject(name="name", holds="holds", deputises="deputises"))
    return {
        "roles": ArraySubquery(held),
        "no_stakeholder": how_many(_in_use(user).filter(nobody_acts(BUSINESS_STAKEHOLDER, on=on))),
        "no_team": how_many(_in_use(user).filter(nobody_acts(WORKLOAD_OWNER, on=on))),
    }


def _vacancies(found: Any) -> Vacancies:
    lacking = [(role["name"], missing(holds=role["holds"], deputises=role["deputises"])) for role in found.roles]
    return Vacancies([(name, words) for name, words in lacking if words], found.no_stakeholder, found.no_team)


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
