"""How the targets of a tier are signed: whether each signature is another person's, and whether who proposes may sign.

Asked for by one administrator, in effect once a second person confirms it, as signing rules are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import Actor, difference, record
from people import confirmations
from people.models import Confirmation, User
from people.permissions import Permission
from workloads.models import Tier

DEED = "signing-policy"
RELAXED_FROM = 2  # the most critical tier for which one person may sign in several roles; a constraint holds it too
WORDS = {
    "distinct_signers": ("Each signature is another person's", "One person may sign in several roles"),
    "proposer_may_sign": ("Who proposes may sign too, but never alone", "Who proposes signs nothing"),
}


@transaction.atomic
def change_signing_policy(
    *,
    tier: Tier,
    by: User,
    at: dt.datetime,
    distinct_signers: bool | None = None,
    proposer_may_sign: bool | None = None,
) -> Confirmation | None:
    """Ask for other rules by which targets of this tier are signed; a rule that is None stays. None when nothing differs.

    Raises NotAllowed, Invalid for a relaxed tier 0 or 1.
    """
    by.require(Permission.CONFIGURE)
    tier = Tier.objects.get(pk=tier.pk)
    if distinct_signers is False and tier.level < RELAXED_FROM:
        said = (
            f"Each signature of a target of tier {tier.level} is another person's. Only tiers 2 and 3 can be relaxed."
        )
        raise Invalid(said, {"distinct_signers": said})
    asked = {"distinct_signers": distinct_signers, "proposer_may_sign": proposer_may_sign}
    before, after = difference(_policy(tier), {n: v for n, v in asked.items() if v is not None})
    if not after:
        return None
    change = {"tier": tier.pk, "policy_before": before, "policy_after": after}
    return confirmations.ask(deed=DEED, title=f"How targets are signed: {tier}", by=by, at=at, change=change)


def _policy(tier: Tier) -> dict[str, Any]:
    return {name: getattr(tier, name) for name in WORDS}


class SigningPolicyEdit:
    """What happens when such an edit is confirmed (people/confirmations.py)."""

    def lines(self, change: Mapping[str, Any]) -> list[str]:
        return [f"From now on: {WORDS[name][not value]}" for name, value in change["policy_after"].items()]

    def receivers(self, change: Mapping[str, Any]) -> set[int]:
        return set()

    def apply(self, change: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
        """What is out for signature keeps its rules, but its document says whether the rule of distinct signers is relaxed:
        where that changes, the next signature makes the request void."""
        tier = Tier.objects.select_for_update(no_key=True).get(pk=change["tier"])
        before, after = change["policy_before"], change["policy_after"]
        if any(getattr(tier, name) != value for name, value in before.items()):
            raise WrongState("These rules were changed meanwhile. Refuse this, and let it be asked anew.")
        for name, value in after.items():
            setattr(tier, name, value)
        tier.save(update_fields=list(after))
        record(Kind.SIGNING_POLICY_CHANGED, tier, by=by, at=at, before=before, after=after)
