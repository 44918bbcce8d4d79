"""What a second person has to confirm, in JSON."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from people import confirmations
from people.access import SeenRows
from people.fields import YesNoFilter
from people.models import Confirmation, User
from people.permissions import Permission
from people.reauthentication import person_and_proof
from people.texts import TextField


class ConfirmationSerializer(serializers.ModelSerializer[Confirmation]):
    assignments: Any = serializers.PrimaryKeyRelatedField(
        many=True, read_only=True, help_text="Numbers of the roles given"
    )

    class Meta:
        model = Confirmation
        fields = (
            "id", "deed", "title", "reason", "change", "state", "given_by", "given_at", "closed_by", "closed_at",
            "closing_reason", "assignments",
        )  # fmt: skip
        read_only_fields = fields


class RefuseSerializer(serializers.Serializer[Any]):
    reason = TextField(max_length=2000, help_text="The giver reads it")


class ConfirmationFilter(django_filters.FilterSet):  # type: ignore[misc]
    waiting_for_me = YesNoFilter(method="filter_waiting", label="Only what I may confirm now")

    class Meta:
        model = Confirmation
        fields = ("state", "deed")

    def filter_waiting(self, found: QuerySet[Confirmation], name: str, value: bool) -> QuerySet[Confirmation]:
        mine = Confirmation.objects.for_user(self.request.user, timezone.now()).order_by().values("pk")
        return found.filter(pk__in=mine) if value else found.exclude(pk__in=mine)


class ConfirmationViewSet(SeenRows, ReadOnlyModelViewSet[Confirmation]):
    """Guarded roles that were given, and edits of rights and of signing rules; newest first."""

    rule = Permission.VIEW_PEOPLE
    queryset = Confirmation.objects.all()
    serializer_class = ConfirmationSerializer
    filterset_class: Any = ConfirmationFilter
    ordering_fields = ("given_at", "id")
    ordering = ("-given_at", "-id")

    def seen(self, user: User) -> QuerySet[Confirmation]:
        return Confirmation.objects.prefetch_related("assignments")

    @extend_schema(request=None, responses=ConfirmationSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Let it take effect. Needs a signed-in session that was re-authenticated in the last five minutes; no token."""
        by, proof = person_and_proof(request)
        confirmations.confirm(confirmation=self.get_object(), by=by, at=timezone.now(), proof=proof)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=RefuseSerializer, responses=ConfirmationSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        """End it, with a reason. Needs the same proof."""
        data = RefuseSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        by, proof = person_and_proof(request)
        confirmations.refuse(
            confirmation=self.get_object(), by=by, at=timezone.now(), proof=proof, reason=data.validated_data["reason"]
        )
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=ConfirmationSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back what one gave oneself."""
        confirmations.withdraw(confirmation=self.get_object(), by=self.by, at=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)
