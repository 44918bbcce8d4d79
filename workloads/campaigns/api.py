"""Campaigns in JSON: opened, read, nudged and closed. Signing is for people in a browser, never for a token."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from people.access import SIGNED_IN, SeenRows
from people.models import User, organisation_today
from people.texts import TextField
from workloads.campaigns import services
from workloads.campaigns.queries import Part, by_team, campaigns_for, listed, reviews_for, totals, whole
from workloads.due_early import because_for
from workloads.models import Campaign, CampaignReview


class PartSerializer(serializers.Serializer[Any]):
    """How far the reviews of one team are."""

    name = serializers.CharField()
    total = serializers.IntegerField()
    done = serializers.IntegerField(help_text="Reaffirmed since the opening, or replaced by another target")
    open = serializers.IntegerField()
    overdue = serializers.IntegerField()


class CampaignSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    due_on = serializers.DateField()
    filter = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    opened_at = serializers.DateTimeField()
    opened_by = serializers.IntegerField()
    closed_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    overdue = serializers.IntegerField()


class CampaignDetailSerializer(CampaignSerializer):
    teams = PartSerializer(many=True, help_text="The latest first")


class OpenSerializer(serializers.Serializer[Any]):
    name = TextField(max_length=120)
    due_on = serializers.DateField()
    filter = serializers.DictField(
        child=serializers.ListField(child=TextField(max_length=100), max_length=20),
        default=dict,
        help_text="The register's own filters, each with a list of values; empty: every signed target",
    )


class ReviewSerializer(serializers.Serializer[Any]):
    workload = serializers.IntegerField(source="workload_id")
    name = serializers.CharField(source="workload.name")
    team = serializers.CharField(source="workload.owner_team.name")
    classification = serializers.IntegerField(source="target_id")
    done = serializers.BooleanField(source="is_done")
    review_due_on = serializers.DateField(source="target.review_due_on")
    because = serializers.SerializerMethodField(help_text="Why it is due early, or empty")
    nudged_on = serializers.DateField(allow_null=True)
    waived_until = serializers.DateField(
        allow_null=True, help_text="Of the target: last day of the first waiver to end of those in force"
    )

    @extend_schema_field(TextField())
    def get_because(self, review: CampaignReview) -> str:
        because: dict[int, str] = self.context["because"]
        return because[review.target_id]


class CampaignViewSet(SeenRows, GenericViewSet[Campaign]):
    """Review campaigns. What is seen of one are the reviews of the workloads this person may see."""

    rule = SIGNED_IN
    queryset = Campaign.objects.all()
    serializer_class: Any = CampaignSerializer
    filter_backends = ()

    def seen(self, user: User) -> QuerySet[Campaign]:
        return campaigns_for(user)

    def list(self, request: Request) -> Response:
        page: Any = self.paginate_queryset(self.get_queryset())
        seen = reviews_for(self.by).filter(campaign__in=[campaign.pk for campaign in page])
        stands = totals(seen, on=organisation_today(timezone.now()))
        rows = [_row(campaign, stands.get(campaign.pk)) for campaign in page]
        return self.get_paginated_response(CampaignSerializer(rows, many=True).data)

    @extend_schema(responses=CampaignDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self._detail(self.get_object()))

    @extend_schema(request=OpenSerializer, responses={201: CampaignDetailSerializer})
    def create(self, request: Request) -> Response:
        """Open a campaign for every signed target that the filter finds."""
        values = OpenSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        params = QueryDict(mutable=True)
        for name, said in values.validated_data["filter"].items():
            params.setlist(name, said)
        given = {"name": values.validated_data["name"], "due_on": values.validated_data["due_on"]}
        campaign = services.open_campaign(by=self.by, at=timezone.now(), params=params, **given)
        return Response(self._detail(campaign), status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=CampaignDetailSerializer)
    @action(detail=True, methods=["post"])
    def nudge(self, request: Request, pk: str) -> Response:
        """Write to everybody whose reviews are open; each review once a day."""
        campaign = self.get_object()
        services.nudge(campaign=campaign, by=self.by, at=timezone.now())
        return Response(self._detail(campaign))

    @extend_schema(request=None, responses=CampaignDetailSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        campaign = services.close_campaign(campaign=self.get_object(), by=self.by, at=timezone.now())
        return Response(self._detail(campaign))

    @extend_schema(responses=ReviewSerializer(many=True))
    @action(detail=True)
    def reviews(self, request: Request, pk: str) -> Response:
        """The reviews of a campaign, the open ones first."""
        found = reviews_for(self.by).filter(campaign=self.get_object())
        page: Any = self.paginate_queryset(listed(found, on=organisation_today(timezone.now())))
        because = because_for((review.target for review in page), self.by)
        return self.get_paginated_response(ReviewSerializer(page, many=True, context={"because": because}).data)

    def _detail(self, campaign: Campaign) -> Any:
        parts = by_team(reviews_for(self.by).filter(campaign=campaign), on=organisation_today(timezone.now()))
        return CampaignDetailSerializer(_row(campaign, whole(parts)) | {"teams": parts}).data


def _row(campaign: Campaign, part: Part | None) -> dict[str, Any]:
    counted = {name: getattr(part, name) if part is not None else 0 for name in ("total", "done", "overdue")}
    return counted | {
        "id": campaign.pk,
        "name": campaign.name,
        "due_on": campaign.due_on,
        "filter": campaign.chosen_by,
        "opened_at": campaign.opened_at,
        "opened_by": campaign.opened_by_id,
        "closed_at": campaign.closed_at,
    }
