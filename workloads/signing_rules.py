"""Editing who signs targets: asked for by one administrator, in effect once a second person confirms it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from audit.errors import WrongState
from audit.kinds import Kind
from audit.services import Actor, record
from people import confirmations
from people.models import Confirmation, Role, User
from people.permissions import Permission
from people.queries import holders_of
from workloads.models import SigningRule, Tier

DEED = "signing-rule"
Described = dict[str, Any]


def signing_roles() -> Iterable[str]:
    """Keys of the roles that sign targets of any tier; these are guarded (people/guarding.py)."""
    return SigningRule.objects.order_by().values_list("role", flat=True).distinct()


@transaction.atomic
def change_rule(*, rule: SigningRule, by: User, at: dt.datetime, remove: bool = False) -> Confirmation | None:
    """Ask for a signing rule to be added, changed to what `rule` says, or removed; nothing changes before a second person
    confirms. None when nothing differs."""
    by.require(Permission.CONFIGURE)
    old = SigningRule.objects.select_related("tier", "role").filter(pk=rule.pk).first() if rule.pk else None
    before, after = _described(old), {} if remove else _described(rule)
    if before == after:
        return None
    change = {"rule": rule.pk, "rule_before": before, "rule_after": after}
    receivers = SigningRuleEdit().receivers(change)
    return confirmations.ask(
        deed=DEED, title=f"Who signs: {rule.tier}, {rule.role}", by=by, at=at, receivers=receivers,
        change=change,
    )  # fmt: skip


def _described(rule: SigningRule | None) -> Described:
    if rule is None:
        return {}
    return {"tier": rule.tier_id, "role": rule.role_id, "meaning": rule.meaning, "position": rule.position}


class SigningRuleEdit:
    """What happens when such an edit is confirmed (people/confirmations.py)."""

    def lines(self, change: Mapping[str, Any]) -> list[str]:
        said = []
        for mark, rule in (("Until now", change["rule_before"]), ("From now on", change["rule_after"])):
            role = Role.objects.filter(pk=rule.get("role")).first() if rule else None
            said.append(
                f"{mark}: {role or rule['role']} signs tier {rule['tier']}, in place {rule['position']}: “{rule['meaning']}”"
                if rule
                else f"{mark}: no such signature"
            )
        return said

    def receivers(self, change: Mapping[str, Any]) -> set[int]:
        before, after = change["rule_before"], change["rule_after"]
        signs = ("tier", "role")
        same = before and after and all(before[name] == after[name] for name in signs)
        return holders_of([after["role"]]) if after and not same else set()

    def apply(self, change: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
        before, after = change["rule_before"], change["rule_after"]
        rule = (
            SigningRule.objects.select_for_update(of=("self",)).filter(pk=change["rule"]).first()
            if change["rule"]
            else None
        )
        if _described(rule) != before:
            raise WrongState("This signing rule was changed meanwhile. Refuse this, and let it be asked anew.")
        if not after:
            assert rule is not None  # noqa: S101 (else nothing differed)
            record(Kind.REFERENCE_CHANGED, rule, by=by, at=at, before=before, after={"deleted": True})
            rule.delete()
            return
        rule = rule or SigningRule()
        rule.tier, rule.role = Tier.objects.get(pk=after["tier"]), Role.objects.get(pk=after["role"])
        rule.meaning, rule.position = after["meaning"], after["position"]
        try:
            with transaction.atomic():
                rule.save()
        except IntegrityError:
            raise WrongState("This role signs this tier already. Refuse this.") from None
        record(Kind.REFERENCE_CHANGED, rule, by=by, at=at, before=before, after=after)
