"""The target that a row wants: the same rules as for a proposal on the page. No query in here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from people.wording import duration
from workloads.models import Classification, Lifecycle, Tier, Workload, looser_than
from workloads.register.rows import Wanted
from workloads.register.sheet import shown
from workloads.signing import percent

# For a tier that promises no availability; a column “SLO” says otherwise.
SLO_WITHOUT_FLOOR = Decimal(99)
_LEVEL = re.compile(r"(?:tier|t)? ?([0-9])(?:\b.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    tier: Tier
    slo: Decimal
    rto_seconds: int
    rpo_seconds: int
    reason: str
    looser_reason: str

    @classmethod
    def of(cls, found: Classification) -> Target:
        return cls(found.tier, found.slo, found.rto_seconds, found.rpo_seconds, found.reason, found.looser_reason)

    @property
    def numbers(self) -> tuple[int, Decimal, int, int]:
        return self.tier.level, self.slo, self.rto_seconds, self.rpo_seconds

    @property
    def words(self) -> str:
        rto, rpo = duration(self.rto_seconds), duration(self.rpo_seconds)
        return f"tier {self.tier.level}, SLO {percent(self.slo)} %, RTO {rto}, RPO {rpo}"


def plan_target(
    row: Wanted,
    tiers: Mapping[int, Tier],
    workload: Workload | None,
    in_force: Classification | None,
    open_target: Classification | None,
) -> Target | None:
    """What would be proposed; None when the portal says it already, or the row is refused (noted on it)."""
    tier = _tier(row, tiers)
    if tier is None:
        return None
    target = _asked(row, tier, in_force, open_target)
    if target is None and not row.problems:
        return None  # half of a target is none; the report says what is missing
    for present in (in_force, open_target):
        if target and present and Target.of(present).numbers == target.numbers and not _rewords(present, row):
            return None
    if open_target is not None and open_target.state == Classification.State.IN_REVIEW:
        row.refuse("tier", "Another target is out for signature. Wait until it is signed, or withdraw it first.")
    if workload is not None and workload.lifecycle == Lifecycle.RETIRED:
        row.refuse("tier", "This workload is retired and gets no new target. Leave the tier empty.")
    if not row.reason:
        row.refuse("reason", "Write why the business needs this: what an outage costs, and whom.")
    if target is not None:
        _check_looser(row, target)
    return target


def _rewords(present: Classification, row: Wanted) -> bool:
    """Whether the row gives a proposal that has not been sent other reasons."""
    if present.state != Classification.State.PROPOSED:
        return False
    given = ((row.reason, present.reason), (row.looser_reason, present.looser_reason))
    return any(said and said != was for said, was in given)


def _tier(row: Wanted, tiers: Mapping[int, Tier]) -> Tier | None:
    found = _LEVEL.fullmatch(row.tier)
    tier = tiers.get(int(found[1])) if found else None
    by_name = next((t for t in tiers.values() if t.name.lower() == row.tier.lower()), None)
    if tier is None and by_name is None:
        levels = ", ".join(str(level) for level in sorted(tiers))
        row.refuse("tier", f"Write one of the tiers: {levels}. You wrote “{shown(row.tier, 30)}”.")
    return tier or by_name


def _asked(row: Wanted, tier: Tier, *present: Classification | None) -> Target | None:
    """The row's figures; what it leaves out stays as a target of this tier has it.

    None where there is no figure: the tier's ceiling is a limit, and nobody has said that it is wanted. Only the SLO has a
    default, the floor of the tier, and the report says so.
    """
    same_tier = next((p for p in reversed(present) if p is not None and p.tier_id == tier.level), None)
    rto = row.rto if row.rto is not None or same_tier is None else same_tier.rto_seconds
    rpo = row.rpo if row.rpo is not None or same_tier is None else same_tier.rpo_seconds
    row.lacks = [label for label, seconds in (("RTO", rto), ("RPO", rpo)) if seconds is None]
    if rto is None or rpo is None:
        return None
    slo = row.slo or (same_tier.slo if same_tier is not None else None)
    return Target(tier, slo or default_slo(tier), rto, rpo, row.reason, row.looser_reason)


def default_slo(tier: Tier) -> Decimal:
    return tier.slo_floor or SLO_WITHOUT_FLOOR


def _check_looser(row: Wanted, target: Target) -> None:
    tier = target.tier
    looser = looser_than(tier, slo=target.slo, rto_seconds=target.rto_seconds, rpo_seconds=target.rpo_seconds)
    if not looser or row.looser_reason:
        return
    said = {
        "slo": f"Tier {tier.level} asks for {tier.slo_words}, this is {percent(target.slo)} %.",
        "rto": f"Tier {tier.level} allows up to {duration(tier.rto_seconds)}, this is {duration(target.rto_seconds)}.",
        "rpo": f"Tier {tier.level} allows up to {duration(tier.rpo_seconds)}, this is {duration(target.rpo_seconds)}.",
    }
    for name in looser:
        row.refuse(name, f"{said[name]} Keep to the tier, or say why not in a column “looser reason”.")
