"""A target in each of its states."""

from __future__ import annotations

from signoffs import services as signoffs
from tests.cast import NOW, Cast, proof, propose, put_in_force
from workloads import services
from workloads.models import Classification

STATES = tuple(Classification.State.values)


def in_state(cast: Cast, state: str) -> Classification:
    """A target of tier 1 of the cast's workload, brought there by deeds."""
    if state in ("signed_off", "superseded"):
        target = put_in_force(cast)
        if state == "superseded":
            put_in_force(cast, tier=2)
    else:
        target = propose(cast)
        if state in ("in_review", "rejected"):
            request = services.send_for_signature(classification=target, by=cast.owner, at=NOW)
            if state == "rejected":
                signoffs.reject(request=request, by=cast.sponsor, at=NOW, proof=proof(), reason="Too dear.")
        elif state == "withdrawn":
            services.withdraw(classification=target, by=cast.owner, at=NOW)
    target.refresh_from_db()
    return target
