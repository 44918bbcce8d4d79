"""The shapes of drills and gaps in JSON."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from drills.forms import TEXT_MAX
from drills.gaps import TITLE_MAX
from drills.marking import SOURCE_MAX
from drills.models import Action, Drill, DrillKind, Mark, Severity, What
from people.api_fields import UtcField, WallTimeField
from people.models import User
from people.texts import TextField
from workloads.filters import BIGGEST_KEY
from workloads.models import Workload

KEYS_MAX = 500
WITHOUT_OFFSET = (
    "Without an offset it is read by the clocks of the caller's time zone: the first time where they show it twice, the end of "
    "the gap where they skip it"
)
CONFIRM = "True: the time is right, though it is odd (see the problem `needs-confirmation`)"
KEY = {"type": "integer", "minimum": 1, "maximum": BIGGEST_KEY}  # of one row, in the OpenAPI schema


class UtcModelSerializer(serializers.ModelSerializer[Any]):
    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, models.DateTimeField: UtcField}


@extend_schema_field(KEY)
class VisibleWorkload(serializers.PrimaryKeyRelatedField[Workload]):
    """A workload that the sender may see; any other does not exist."""

    def get_queryset(self) -> QuerySet[Workload]:
        return Workload.objects.visible_to(self.context["request"].user).select_related("owner_team")


@extend_schema_field(KEY)
class VisibleDrill(serializers.PrimaryKeyRelatedField[Drill]):
    def get_queryset(self) -> QuerySet[Drill]:
        return Drill.objects.visible_to(self.context["request"].user).select_related("workload")


class Keys(serializers.ListField):
    """Several rows by their numbers, looked up in one query."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.IntegerField(min_value=1, max_value=BIGGEST_KEY)
        super().__init__(child=child, max_length=KEYS_MAX, **kwargs)

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> list[Any]:
        asked = super().to_internal_value(data)
        found = self.rows().in_bulk(asked)
        missing = sorted(set(asked) - set(found))
        if missing:
            raise serializers.ValidationError(f"There is nothing here with the number {missing[0]}.")
        return list(found.values())


class People(Keys):
    def rows(self) -> QuerySet[Any]:
        return User.objects.filter(is_active=True)


class Actions(Keys):
    def rows(self) -> QuerySet[Any]:
        return Action.objects.visible_to(self.context["request"].user)


def somebody(**kwargs: Any) -> serializers.PrimaryKeyRelatedField[User]:
    return serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True), **kwargs)


class MarkSerializer(UtcModelSerializer):
    """A recorded time. One that was corrected no longer counts; `supersedes` names the one that is corrected."""

    class Meta:
        model = Mark
        fields = ("id", "drill", "what", "at", "grade", "source", "recorded_at", "recorded_by", "supersedes", "reason")
        read_only_fields = fields


DRILL_FIELDS = (
    "id", "workload", "workload_name", "kind", "state", "scenario", "success_criteria", "window_start", "window_end",
    "coordinator", "participants", "scheduled_at", "scheduled_by", "started_at", "started_by", "finished_at",
    "finished_by", "called_off_at", "called_off_by", "called_off_reason", "classification", "tier_level", "rto_seconds",
    "rpo_seconds", "rto_verdict", "rpo_verdict", "result", "recovery_seconds", "loss_seconds", "declare_seconds",
    "rto_grade", "rpo_grade", "declare_grade", "digest", "waived_until",
)  # fmt: skip


class DrillSerializer(UtcModelSerializer):
    workload_name = serializers.CharField(source="workload.name", read_only=True)
    result = serializers.CharField(read_only=True, help_text="The weaker of both verdicts; empty until finished")
    waived_until = serializers.DateField(
        read_only=True, allow_null=True,
        help_text="Last day of the first waiver to end of those in force for its workload today; null: nothing is waived, or "
        "you may not see the workload",
    )  # fmt: skip

    class Meta:
        model = Drill
        fields = DRILL_FIELDS
        read_only_fields = fields


class DrillDetailSerializer(DrillSerializer):
    """One drill with its times and, once finished, its frozen report.

    `digest` is the SHA-256 of `report` as JSON with sorted keys and no spaces, in UTF-8.
    """

    marks = MarkSerializer(many=True, read_only=True)
    report = serializers.JSONField(read_only=True, allow_null=True)

    class Meta(DrillSerializer.Meta):
        fields = (*DRILL_FIELDS, "marks", "report")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class PlanSerializer(serializers.Serializer[Any]):
    """What is agreed before a drill begins."""

    kind = serializers.ChoiceField(choices=DrillKind.choices)
    window_start = WallTimeField(help_text=WITHOUT_OFFSET)
    window_end = WallTimeField(help_text=WITHOUT_OFFSET)
    coordinator = somebody()
    participants = People(required=False)
    success_criteria = TextField(max_length=TEXT_MAX)
    scenario = TextField(max_length=TEXT_MAX, required=False, allow_blank=True)


class DrillWriteSerializer(PlanSerializer):
    workload = VisibleWorkload()


class ReasonSerializer(serializers.Serializer[Any]):
    reason = TextField(max_length=TEXT_MAX)


class MarkWriteSerializer(serializers.Serializer[Any]):
    what = serializers.ChoiceField(choices=What.choices)
    time = WallTimeField(
        required=False, allow_null=True, help_text=f"When it happened; left out, it is now. {WITHOUT_OFFSET}"
    )
    source = TextField(max_length=SOURCE_MAX, required=False, allow_blank=True, help_text="Taken from")  # type: ignore[assignment]
    confirm = serializers.BooleanField(required=False, source="confirmed", help_text=CONFIRM)


class CorrectSerializer(serializers.Serializer[Any]):
    what = serializers.ChoiceField(choices=What.choices)
    time = WallTimeField(help_text=WITHOUT_OFFSET)
    reason = TextField(max_length=TEXT_MAX)
    source = TextField(max_length=SOURCE_MAX, required=False, allow_blank=True)  # type: ignore[assignment]
    confirm = serializers.BooleanField(required=False, source="confirmed", help_text=CONFIRM)


class FinishSerializer(serializers.Serializer[Any]):
    retested = Actions(required=False, help_text="Gaps whose work is done and that this drill tested")


class ActionSerializer(UtcModelSerializer):
    workload = serializers.IntegerField(source="drill.workload_id", read_only=True)
    owner_name = serializers.CharField(source="owner.name", read_only=True)

    class Meta:
        model = Action
        fields = (
            "id", "drill", "workload", "title", "cause", "severity", "owner", "owner_name", "due_on", "state", "opened_at",
            "opened_by", "done_at", "done_by", "done_how", "closed_at", "closed_by", "closed_by_drill",
        )  # fmt: skip
        read_only_fields = fields


class AssignSerializer(serializers.Serializer[Any]):
    owner = somebody()
    due_on = serializers.DateField()


class ActionWriteSerializer(AssignSerializer):
    drill = VisibleDrill()
    title = TextField(max_length=TITLE_MAX)
    cause = TextField(max_length=TEXT_MAX, required=False, allow_blank=True)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)


class DoneSerializer(serializers.Serializer[Any]):
    how = TextField(max_length=TEXT_MAX, help_text="What was done")
