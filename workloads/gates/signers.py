"""Whether a draft can be signed by everybody who has to, before anybody is asked."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from signoffs.eligibility import Eligibility, of_roles
from signoffs.matching import Terms
from workloads.finding import Finding, Severity
from workloads.models import Classification, SigningRule


def signers_of(target: Classification, *, on: dt.date) -> Eligibility:
    """Who would sign it, by the rules of its tier."""
    rules = SigningRule.objects.filter(tier=target.tier_id).select_related("role")
    roles = [rule.role for rule in rules]
    return of_roles(roles, workload_id=target.workload_id, terms=terms_for(target), on=on)


def terms_for(target: Classification) -> Terms:
    """By whom it may be signed; settled when it is sent."""
    tier = target.tier
    return Terms(
        target.proposed_by_id,
        proposer_may_sign=tier.proposer_may_sign,
        four_eyes=True,
        one_per_person=tier.distinct_signers,
    )


def signer_findings(target: Classification, *, today: dt.date) -> list[Finding]:
    """Roles that nobody can sign in, or that too few people hold between them. No sponsor can waive a signature."""
    signers = signers_of(target, on=today)
    if not signers.roles:
        title = f"No role signs targets of tier {target.tier_id}"
        return [_finding("no-signing-rule", title, "An administrator adds a signing rule.", "")]
    address = reverse("workloads:assign", args=[target.workload_id])
    return [
        _finding(
            f"no-signer:{gap.roles[0]}" if len(gap.roles) == 1 else "no-distinct-signers",
            gap.title,
            gap.detail,
            address,
        )
        for gap in signers.gaps
    ]


def _finding(key: str, title: str, detail: str, address: str) -> Finding:
    return Finding(key, Severity.BLOCKING, title, detail, address, waivable=False)
