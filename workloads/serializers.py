"""The JSON of workloads and targets. Reading takes rows of `values()`; writing hands plain values to the services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from people.models import Team
from people.texts import TextField
from people.wording import MAX_SECONDS
from workloads.filters import BIGGEST_KEY
from workloads.finding import Severity
from workloads.models import Classification, Lifecycle, Proof, Tier
from workloads.register.rows import TAG_LENGTH, TAGS_MAX

STATES = ("signed_off", "in_review", "proposed", "rejected", "none")
SEVERITIES = tuple(severity.value for severity in Severity)
TARGET_ROW = (
    "id", "workload_id", "workload__name", "tier_id", "slo", "rto_seconds", "rpo_seconds", "reason", "looser_reason",
    "suggested_tier_id", "suggested_rto_seconds", "suggested_rpo_seconds", "suggested_mtpd_seconds", "suggested_because",
    "differs_reason", "state", "proposed_at", "proposed_by_id", "request_id", "signed_off_at", "review_due_on", "closed_at",
    "waived_until",
)  # fmt: skip


class WorkloadSerializer(serializers.Serializer[Any]):
    """A workload with its target in one flat object."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    reference = TextField(allow_blank=True)
    purpose = serializers.CharField()
    owner_team = serializers.IntegerField()
    owner_team_name = serializers.CharField()
    business_unit = TextField(allow_blank=True)
    lifecycle = serializers.ChoiceField(choices=Lifecycle.choices)
    tags = serializers.ListField(child=serializers.CharField())
    own_rto_seconds = serializers.IntegerField(
        allow_null=True, help_text="Estimate: how long it takes itself once everything it waits for is there"
    )
    is_shared = serializers.BooleanField(help_text="A shared service: everybody may see it, and depend on it")
    tier = serializers.IntegerField(allow_null=True, help_text="Of the target in force, else of the one proposed")
    slo = serializers.DecimalField(max_digits=7, decimal_places=4, allow_null=True, help_text="Percent")
    rto_seconds = serializers.IntegerField(allow_null=True)
    rpo_seconds = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES, help_text="signed_off: in force; none: never classified")
    review_due_on = serializers.DateField(allow_null=True)
    waived_until = serializers.DateField(
        allow_null=True, help_text="Last day of the first waiver to end of those in force; null: nothing is waived"
    )
    classification = serializers.IntegerField(allow_null=True, help_text="The target in force")
    open_classification = serializers.IntegerField(allow_null=True, help_text="The proposal that is open")
    proven_on = serializers.DateField(allow_null=True, help_text="Day of the last drill")
    proof_rto = serializers.ChoiceField(choices=Proof.choices, help_text="Verdict of the last drill")
    proof_rpo = serializers.ChoiceField(choices=Proof.choices, help_text="Verdict of the last drill")

    def to_representation(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": row["id"],
            "name": row["name"],
            "reference": row["reference"],
            "purpose": row["purpose"],
            "owner_team": row["owner_team_id"],
            "owner_team_name": row["team"],
            "business_unit": row["business_unit"],
            "lifecycle": row["lifecycle"],
            "tags": row["tags"],
            "own_rto_seconds": row["own_rto_seconds"],
            "is_shared": row["is_shared"],
            "tier": row["tier"],
            "slo": None if row["slo"] is None else str(row["slo"]),
            "rto_seconds": row["rto_seconds"],
            "rpo_seconds": row["rpo_seconds"],
            "state": row["state"],
            "review_due_on": row["review_due_on"],
            "waived_until": row["waived_until"],
            "classification": row["in_force_id"],
            "open_classification": row["open_id"],
            "proven_on": row["proven_on"],
            "proof_rto": row["proof_rto"],
            "proof_rpo": row["proof_rpo"],
        }


class WorkloadWriteSerializer(serializers.Serializer[Any]):
    """How a workload is described."""

    name = TextField(max_length=120)
    purpose = TextField(max_length=2000)
    owner_team = serializers.IntegerField(min_value=1, max_value=BIGGEST_KEY, help_text="Number of a team")
    reference = TextField(max_length=80, required=False, allow_blank=True)
    business_unit = TextField(max_length=120, required=False, allow_blank=True)
    lifecycle = serializers.ChoiceField(choices=Lifecycle.choices, required=False)
    tags = serializers.ListField(child=TextField(max_length=TAG_LENGTH), max_length=TAGS_MAX, required=False)
    own_rto_seconds = serializers.IntegerField(
        min_value=0, max_value=MAX_SECONDS, required=False, allow_null=True, help_text="Own recovery time, an estimate"
    )
    is_shared = serializers.BooleanField(required=False, help_text="Everybody may see it, and depend on it")

    def validate_owner_team(self, value: int) -> Team:
        team = Team.objects.filter(pk=value).first()
        if team is None:
            raise serializers.ValidationError("There is no team with this number.")
        return team


class TargetSerializer(serializers.Serializer[Any]):
    """A tier with its targets. Looser than the tier allows only with a reason."""

    tier = serializers.IntegerField(min_value=0, max_value=32767, help_text="Level, 0 is the most critical")
    slo = serializers.DecimalField(
        max_digits=7, decimal_places=4, min_value=Decimal("0.0001"), max_value=Decimal(100), help_text="Percent"
    )
    rto_seconds = serializers.IntegerField(min_value=0, max_value=MAX_SECONDS)
    rpo_seconds = serializers.IntegerField(min_value=0, max_value=MAX_SECONDS)
    reason = TextField(max_length=4000)
    looser_reason = TextField(max_length=2000, required=False, allow_blank=True)
    differs_reason = TextField(
        max_length=2000, required=False, allow_blank=True, help_text="Why other than the impact analysis suggests"
    )

    def validate_tier(self, value: int) -> Tier:
        tier = Tier.objects.filter(pk=value).first()
        if tier is None:
            raise serializers.ValidationError("There is no tier with this level.")
        return tier


class SendSerializer(serializers.Serializer[Any]):
    differs_reason = TextField(
        max_length=2000,
        required=False,
        allow_blank=True,
        help_text="Why other than the impact analysis suggests by now; needed where the draft does not say so of this suggestion",
    )


class ReaffirmSerializer(serializers.Serializer[Any]):
    due_on = serializers.DateField(
        help_text="`review_due_on` as it was read: asked again, the next review is not given unseen"
    )
    digest = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="Digest of the document as it would be signed now")


class TierSerializer(serializers.ModelSerializer[Tier]):
    class Meta:
        model = Tier
        fields = (
            "level", "name", "slo_words", "slo_floor", "rto_seconds", "rpo_seconds", "typical_systems", "usual_strategy",
            "cost_levers", "review_days", "drill_days", "distinct_signers", "proposer_may_sign",
        )  # fmt: skip
        read_only_fields = fields


class KnownFindingSerializer(serializers.Serializer[Any]):
    """One finding, with the waiver that held for it, if one did."""

    key = serializers.CharField()
    severity = serializers.ChoiceField(choices=SEVERITIES)
    title = serializers.CharField()
    detail = TextField(help_text="What to do")
    waivable = serializers.BooleanField(required=False, help_text="false: it can only be mended; else left out")
    waiver = serializers.DictField(required=False, help_text="id, title, conditions, until")


class ClassificationSerializer(serializers.Serializer[Any]):
    """A target: proposed, in review, in force or past."""

    id = serializers.IntegerField()
    workload = serializers.IntegerField()
    workload_name = serializers.CharField()
    tier = serializers.IntegerField()
    slo = serializers.DecimalField(max_digits=7, decimal_places=4, help_text="Percent")
    rto_seconds = serializers.IntegerField()
    rpo_seconds = serializers.IntegerField()
    reason = serializers.CharField()
    looser_reason = TextField(allow_blank=True)
    suggested_tier = serializers.IntegerField(allow_null=True, help_text="By the impact analysis; null: no analysis")
    suggested_rto_seconds = serializers.IntegerField(allow_null=True)
    suggested_rpo_seconds = serializers.IntegerField(allow_null=True)
    suggested_mtpd_seconds = serializers.IntegerField(allow_null=True, help_text="Longest tolerable outage")
    suggested_because = TextField(allow_blank=True)
    differs_reason = TextField(allow_blank=True)
    state = serializers.ChoiceField(choices=Classification.State.choices)
    proposed_at = serializers.DateTimeField()
    proposed_by = serializers.IntegerField()
    request = serializers.IntegerField(allow_null=True, help_text="The sign-off it was sent with")
    signed_off_at = serializers.DateTimeField(allow_null=True)
    review_due_on = serializers.DateField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    waived_until = serializers.DateField(
        allow_null=True,
        help_text="Last day of the first waiver to end of those in force; null: nothing is waived, or past",
    )

    def to_representation(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": row["id"],
            "workload": row["workload_id"],
            "workload_name": row["workload__name"],
            "tier": row["tier_id"],
            "slo": str(row["slo"]),
            "rto_seconds": row["rto_seconds"],
            "rpo_seconds": row["rpo_seconds"],
            "reason": row["reason"],
            "looser_reason": row["looser_reason"],
            "suggested_tier": row["suggested_tier_id"],
            "suggested_rto_seconds": row["suggested_rto_seconds"],
            "suggested_rpo_seconds": row["suggested_rpo_seconds"],
            "suggested_mtpd_seconds": row["suggested_mtpd_seconds"],
            "suggested_because": row["suggested_because"],
            "differs_reason": row["differs_reason"],
            "state": row["state"],
            "proposed_at": row["proposed_at"],
            "proposed_by": row["proposed_by_id"],
            "request": row["request_id"],
            "signed_off_at": row["signed_off_at"],
            "review_due_on": row["review_due_on"],
            "closed_at": row["closed_at"],
            "waived_until": row["waived_until"],
        }


class ClassificationDetailSerializer(ClassificationSerializer):
    findings = KnownFindingSerializer(many=True, help_text="What was known when it was sent, as its signers see it")
    found_now = KnownFindingSerializer(many=True, help_text="What stands against it today; empty for a past target")

    def to_representation(self, row: dict[str, Any]) -> dict[str, Any]:
        return super().to_representation(row) | {"findings": row["findings"], "found_now": row["found_now"]}
