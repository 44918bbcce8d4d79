"""The impact analysis of a workload in JSON. Its address is the number of the workload."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from people.access import SIGNED_IN, SeenRows
from people.models import User
from people.texts import TextField
from people.wording import MAX_SECONDS
from workloads.filters import BIGGEST_KEY
from workloads.impact import services
from workloads.impact.queries import Picture, picture, pictures
from workloads.impact.services import AMOUNT_MAX, CURRENCIES, Given
from workloads.impact.suggestion import Cell
from workloads.models import ImpactAnalysis, Level, Loss, Season, Workload


class AnswerSerializer(serializers.Serializer[Any]):
    """How bad one loss is in one category. A question that is not in the list is unanswered."""

    loss = serializers.ChoiceField(
        choices=Loss.choices, help_text="time: an outage; data: what was written in this time"
    )
    season = serializers.IntegerField(
        min_value=1, max_value=BIGGEST_KEY, allow_null=True, default=None, help_text="null: a normal day"
    )
    category = serializers.SlugField(max_length=30)
    seconds = serializers.IntegerField(min_value=1, max_value=MAX_SECONDS)
    level = serializers.ChoiceField(choices=Level.choices, help_text="0 is an answer: no impact")
    amount_per_hour = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, max_value=AMOUNT_MAX, allow_null=True, default=None
    )


class SeasonSerializer(serializers.ModelSerializer[Season]):
    class Meta:
        model = Season
        fields = ("id", "name", "working_days", "from_month", "from_day", "to_month", "to_day")
        read_only_fields = fields


class SuggestionSerializer(serializers.Serializer[Any]):
    tier = serializers.IntegerField()
    rto_seconds = serializers.IntegerField()
    rpo_seconds = serializers.IntegerField()
    mtpd_seconds = serializers.IntegerField(allow_null=True, help_text="First duration that is called intolerable")
    because = TextField(help_text="Which answers decided")
    missing = serializers.IntegerField(help_text="How many questions about a normal day are open")
    depends = serializers.BooleanField(help_text="Whether answering them could still change it")

    def to_representation(self, suggested: Any) -> dict[str, Any]:
        names = ("tier", "rto_seconds", "rpo_seconds", "mtpd_seconds", "because", "depends")
        return {name: getattr(suggested, name) for name in names} | {"missing": len(suggested.missing)}


class ImpactSerializer(serializers.Serializer[Any]):
    workload = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="0: nobody has begun")
    note = TextField(allow_blank=True)
    currency = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    answered_by = serializers.IntegerField(allow_null=True)
    seasons = SeasonSerializer(many=True)
    answers = AnswerSerializer(many=True)
    suggestion = SuggestionSerializer(allow_null=True, help_text="null: nothing is answered")


class AnswersSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="As it was read; 409 when it has moved on"
    )
    answers = serializers.ListField(
        child=AnswerSerializer(), max_length=5000, help_text="All of them: what is not here becomes unanswered"
    )
    note = TextField(max_length=2000, required=False, allow_blank=True)
    currency = serializers.ChoiceField(choices=CURRENCIES, required=False)


class ImpactViewSet(SeenRows, GenericViewSet[Any]):
    """Impact analyses: the answers, the seasons, and what follows from them."""

    rule = SIGNED_IN
    queryset = Workload.objects.all()
    serializer_class: Any = ImpactSerializer
    filter_backends = ()

    def seen(self, user: User) -> QuerySet[Workload]:
        return Workload.objects.visible_to(user)

    def list(self, request: Request) -> Response:
        """The analyses that have begun, by workload."""
        found = ImpactAnalysis.objects.filter(workload__in=self.get_queryset()).order_by("pk")
        page: Any = self.paginate_queryset(found)
        drawn = pictures(page)
        rows = [_row(analysis.pk, drawn[analysis.pk]) for analysis in page]
        return self.get_paginated_response(ImpactSerializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        workload = self.get_object()
        return Response(ImpactSerializer(_row(workload.pk, picture(workload))).data)

    @extend_schema(request=AnswersSerializer, responses=ImpactSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """Replace all answers by these."""
        workload, values = self.get_object(), AnswersSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        said = dict(values.validated_data)
        given: dict[Cell, Given | None] = dict.fromkeys(picture(workload).cells)
        for one in said.pop("answers"):
            cell = Cell(one["loss"], one["season"], one["category"], one["seconds"])
            given[cell] = Given(one["level"], one["amount_per_hour"])
        services.answer(workload=workload, by=self.by, at=timezone.now(), answers=given, **said)
        return Response(ImpactSerializer(_row(workload.pk, picture(workload))).data)


def _row(workload: int, found: Picture) -> dict[str, Any]:
    analysis = found.analysis
    return {
        "workload": workload,
        "revision": found.revision,
        "note": analysis.note if analysis is not None else "",
        "currency": analysis.currency if analysis is not None else CURRENCIES[0],
        "answered_at": analysis.answered_at if analysis is not None else None,
        "answered_by": analysis.answered_by_id if analysis is not None else None,
        "seasons": found.seasons,
        "answers": [
            cell._asdict() | {"level": stored.level, "amount_per_hour": stored.amount_per_hour}
            for cell, stored in found.cells.items()
        ],
        "suggestion": found.suggestion,
    }
