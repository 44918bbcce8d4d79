"""How the targets of a tier are signed: whether each signature is another person's, and whether who proposes may sign."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from audit.errors import Invalid
from audit.kinds import Kind
from audit.services import difference, record
from people.models import User
from people.permissions import Permission
from workloads.models import Tier

RELAXED_FROM = 2  # the most critical tier for which one person may sign in several roles; a constraint holds it too


@transaction.atomic
def change_signing_policy(
    *,
    tier: Tier,
    by: User,
    at: dt.datetime,
    distinct_signers: bool | None = None,
    proposer_may_sign: bool | None = None,
) -> Tier:
    """Change the rules by which targets of this tier are signed; None leaves one as it is. Returns the tier as it is now.

    What is out for signature keeps its rules, but its document says whether the rule of distinct signers is relaxed: where
    that changes, the next signature makes the request void. Raises NotAllowed, Invalid for a relaxed tier 0 or 1.
    """
    by.require(Permission.CONFIGURE)
    tier = Tier.objects.select_for_update(no_key=True).get(pk=tier.pk)
    if distinct_signers is False and tier.level < RELAXED_FROM:
        said = (
            f"Each signature of a target of tier {tier.level} is another person's. Only tiers 2 and 3 can be relaxed."
        )
        raise Invalid(said, {"distinct_signers": said})
    before = _policy(tier)
    asked = {"distinct_signers": distinct_signers, "proposer_may_sign": proposer_may_sign}
    for name, value in asked.items():
        if value is not None:
            setattr(tier, name, value)
    old, new = difference(before, _policy(tier))
    if not new:
        return tier
    tier.save(update_fields=list(new))
    record(Kind.SIGNING_POLICY_CHANGED, tier, by=by, at=at, before=old, after=new)
    return tier


def _policy(tier: Tier) -> dict[str, Any]:
    return {"distinct_signers": tier.distinct_signers, "proposer_may_sign": tier.proposer_may_sign}
