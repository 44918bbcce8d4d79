"""How critical, and who signs: reference data that an administrator may edit."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q

from people.columns import NameField
from people.models import Role


class Tier(models.Model):
    """How critical: 0 is the most critical. Shipped from domain section 2; an administrator may edit it.

    `rto_seconds` and `rpo_seconds` are ceilings: a looser target needs a reason. `slo_floor` is percent, None where any will do.
    """

    level = models.PositiveSmallIntegerField(primary_key=True)
    name = NameField(max_length=60, unique=True)
    slo_words = models.CharField("SLO in words", max_length=40)
    slo_floor = models.DecimalField("SLO at least, percent", max_digits=7, decimal_places=4, null=True, blank=True)
    rto_seconds = models.PositiveBigIntegerField("RTO at most, seconds")
    rpo_seconds = models.PositiveBigIntegerField("RPO at most, seconds")
    typical_systems = models.CharField(max_length=200)
    usual_strategy = models.CharField(max_length=200)
    cost_levers = models.TextField()
    review_days = models.PositiveSmallIntegerField("review every, days", default=90)
    drill_days = models.PositiveSmallIntegerField("drill every, days", default=365)
    # How its targets are signed: changed by `workloads.signing_policy` alone.
    distinct_signers = models.BooleanField("each signature is another person's", default=True)
    proposer_may_sign = models.BooleanField("who proposes may sign too", default=True)

    class Meta:
        ordering = ["level"]
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(condition=Q(review_days__gte=1, drill_days__gte=1), name="tier_intervals_positive"),
            models.CheckConstraint(
                condition=Q(slo_floor__isnull=True) | Q(slo_floor__gt=0, slo_floor__lt=100), name="tier_slo_is_percent"
            ),
            models.CheckConstraint(
                condition=Q(distinct_signers=True) | Q(level__gte=2), name="tier_critical_has_distinct_signers"
            ),
        ]

    def __str__(self) -> str:
        return f"Tier {self.level} · {self.name}"


class SigningRule(models.Model):
    """Who signs a target of this tier, and what the signature means. Shipped, editable."""

    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="signing_rules")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    meaning = models.CharField("by signing she says", max_length=300)
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["tier", "position"]
        constraints = [models.UniqueConstraint(fields=["tier", "role"], name="signing_rule_once")]

    def __str__(self) -> str:
        return f"{self.tier}: {self.role}"


def next_review(tier: Tier, from_on: dt.date) -> dt.date:
    """When a target that was signed or reaffirmed on `from_on` is looked at again."""
    return from_on + dt.timedelta(days=tier.review_days)
