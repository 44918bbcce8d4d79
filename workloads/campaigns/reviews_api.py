"""Reviews that wait, in JSON: what has changed of each, and reaffirming those together of which nothing has."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audit.errors import Invalid
from people.access import SIGNED_IN
from people.models import User, organisation_today
from people.reauthentication import TokenCannotSign, proof_from
from people.texts import TextField
from workloads.campaigns.changes import Changes, changes_since
from workloads.campaigns.queries import campaigns_for, reviews_due
from workloads.campaigns.services import AT_ONCE, Seen, reaffirm_many
from workloads.filters import BIGGEST_KEY
from workloads.models import Classification


class WaitingReviewSerializer(serializers.Serializer[Any]):
    """A review that waits for this person. `due_on` and `digest` are what a reaffirmation sends back."""

    classification = serializers.IntegerField()
    workload = serializers.IntegerField()
    name = serializers.CharField()
    due_on = serializers.DateField()
    digest = TextField(help_text="SHA-256 of the document as it is now")
    signed_at = serializers.DateTimeField(help_text="When somebody signed it last")
    changed = serializers.ListField(child=serializers.CharField(), help_text="What has changed since, in sentences")
    waived_until = serializers.DateField(
        allow_null=True, help_text="Of the target: last day of the first waiver to end of those in force"
    )


class SeenSerializer(serializers.Serializer[Any]):
    """A review as it was read."""

    classification = serializers.IntegerField(min_value=1, max_value=BIGGEST_KEY)
    due_on = serializers.DateField()
    digest = serializers.RegexField(r"^[0-9a-f]{64}$")


class ReaffirmManySerializer(serializers.Serializer[Any]):
    reviews = serializers.ListField(child=SeenSerializer(), min_length=1, max_length=AT_ONCE)


class RefusedReviewSerializer(serializers.Serializer[Any]):
    classification = serializers.IntegerField()
    why = serializers.CharField()


class ReaffirmedSerializer(serializers.Serializer[Any]):
    reaffirmed = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of classifications")
    refused = RefusedReviewSerializer(many=True)


class ReviewViewSet(GenericViewSet[Classification]):
    """The reviews that wait for the person who asks."""

    rule = SIGNED_IN
    queryset = Classification.objects.all()
    serializer_class: Any = WaitingReviewSerializer
    filter_backends = ()
    asks = ("campaign",)

    @property
    def by(self) -> User:
        if not isinstance(self.request.user, User):
            raise TypeError("this view needs a rule that asks for a signed-in person")
        return self.request.user

    @extend_schema(parameters=[OpenApiParameter("campaign", int, description="Only the open reviews of this campaign")])
    def list(self, request: Request) -> Response:
        """Due in 30 days or asked for by an open campaign, the most urgent first, each with what has changed since it was
        signed last."""
        today = organisation_today(timezone.now())
        page: Any = self.paginate_queryset(self._waiting())
        found = changes_since(page, today=today, viewer=self.by)
        rows = [_row(target, found[target.pk]) for target in page]
        return self.get_paginated_response(WaitingReviewSerializer(rows, many=True).data)

    def _waiting(self) -> QuerySet[Classification]:
        asked, campaign = self.request.GET.get("campaign", ""), None
        if asked:
            if not (asked.isascii() and asked.isdecimal() and len(asked) < 18):
                raise Invalid("Name a campaign by its number.", {"campaign": "Name a campaign by its number."})
            campaign = get_object_or_404(campaigns_for(self.by), pk=asked)
        return reviews_due(self.by, organisation_today(timezone.now()), campaign)

    @extend_schema(request=ReaffirmManySerializer, responses=ReaffirmedSerializer)
    @action(detail=False, methods=["post"])
    def reaffirm(self, request: Request) -> Response:
        """Keep these targets, each with a signature of its own. What has changed since it was read is refused by itself, and the
        others are kept. A signature: needs a session that was re-authenticated within five minutes, no token."""
        values = ReaffirmManySerializer(data=request.data)
        values.is_valid(raise_exception=True)
        if request.auth is not None:
            raise TokenCannotSign("A token cannot sign. Sign in yourself and reaffirm on the page.")
        seen = [
            Seen(one["classification"], one["due_on"].isoformat(), one["digest"])
            for one in values.validated_data["reviews"]
        ]
        proof = proof_from(request._request)
        outcome = reaffirm_many(seen=seen, by=self.by, at=timezone.now(), proof=proof)
        refused = [{"classification": target.pk, "why": why} for target, why in outcome.refused]
        said = {"reaffirmed": [target.pk for target in outcome.kept], "refused": refused}
        return Response(ReaffirmedSerializer(said).data)


def _row(target: Classification, changes: Changes) -> dict[str, Any]:
    return {
        "classification": target.pk,
        "workload": target.workload_id,
        "name": target.workload.name,
        "due_on": target.review_due_on,
        "digest": changes.digest,
        "signed_at": changes.since.at,
        "changed": changes.said,
        "waived_until": target.waived_until,  # type: ignore[attr-defined]  # annotated
    }
