"""Workloads with targets and what they need, laid down directly: these tests are about reading them."""

from __future__ import annotations

from people.models import Team, User
from tests.cast import NOW
from workloads.models import Classification, Dependency, Proof, ThirdParty, Tier, Workload

MINUTE, HOUR = 60, 3600


def workload(
    cast,
    name: str,
    *,
    tier: int | None = None,
    rto: int = 0,
    rpo: int = 0,
    team: Team | None = None,
    measured=None,
    own: int | None = None,
) -> Workload:
    """A workload with a proposed target (tier), or none; `measured` is the time of its last drill, met; `own` an estimate."""
    found = Workload.objects.create(
        name=name, purpose="For tests.", owner_team=team or cast.team, added_at=NOW, added_by=cast.head,
        own_rto_seconds=own, measured_rto_seconds=measured, proof_rto=Proof.MET if measured is not None else Proof.UNMEASURED,
    )  # fmt: skip
    if tier is not None:
        target(found, cast.head, tier=tier, rto=rto, rpo=rpo)
    return found


def target(of: Workload, by: User, *, tier: int, rto: int, rpo: int) -> Classification:
    level = Tier.objects.get(pk=tier)
    found: Classification = Classification.objects.create(
        workload=of,
        tier=level,
        slo=99,
        rto_seconds=rto,
        rpo_seconds=rpo,
        reason="A test.",
        proposed_at=NOW,
        proposed_by=by,
    )
    of.refresh_from_db()
    return found


def needs(cast, dependent: Workload, *others, strength="hard", order="sequential") -> None:
    for other in others:
        on = {"third_party": other} if isinstance(other, ThirdParty) else {"needs": other}
        Dependency.objects.create(
            workload=dependent, **on, strength=strength, remains="Paper." if strength == "soft" else "", order=order,
            added_at=NOW, added_by=cast.head,
        )  # fmt: skip


def third_party(cast, name: str, **fields) -> ThirdParty:
    found: ThirdParty = ThirdParty.objects.create(name=name, added_at=NOW, added_by=cast.head, **fields)
    return found
