"""Saved views of the register in JSON."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from people.access import SIGNED_IN, SeenRows, signed_in
from people.models import User, organisation_today
from workloads.models import SavedView
from workloads.question import Question
from workloads.saved.services import change_view, remove_view, save_view, take_back_view

QUERY_SENT_MAX = 900  # characters: Django reads a thousand values of an address, and each is one character at least


class SavedViewSerializer(serializers.Serializer[SavedView]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    query = serializers.CharField(
        help_text="Goes behind the ? of the register's page, and mostly of its list in the API"
    )
    is_shared = serializers.BooleanField(help_text="Everybody may open it, each sees what she may see")
    owner = serializers.IntegerField(source="owner_id")
    owner_name = serializers.CharField(source="owner.name")
    saved_at = serializers.DateTimeField()


class SaveSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    query = serializers.CharField(
        max_length=QUERY_SENT_MAX,
        help_text="Filters, view and sort of the register's page; what makes no sense is left out",
    )
    is_shared = serializers.BooleanField(default=False)


class ChangeViewSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    is_shared = serializers.BooleanField()


class SavedViewViewSet(SeenRows, GenericViewSet[SavedView]):
    """One's own views of the register, and those that others share."""

    rule = SIGNED_IN
    queryset = SavedView.objects.all()
    serializer_class: Any = SavedViewSerializer
    filter_backends = ()

    def seen(self, user: User) -> QuerySet[SavedView]:
        return SavedView.objects.visible_to(user).select_related("owner")

    def list(self, request: Request) -> Response:
        page: Any = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(SavedViewSerializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(SavedViewSerializer(self.get_object()).data)

    @extend_schema(request=SaveSerializer, responses={201: SavedViewSerializer})
    def create(self, request: Request) -> Response:
        """Keep a question to the register under a name."""
        values, user, now = _valid(SaveSerializer(data=request.data)), signed_in(request), timezone.now()
        asked = QueryDict(values["query"].removeprefix("?"))
        values["query"] = Question(asked, user, organisation_today(now)).kept
        view = save_view(by=user, at=now, **values)
        return Response(SavedViewSerializer(view).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangeViewSerializer, responses=SavedViewSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename it, share it or stop sharing it. Only its owner may; sharing needs a right."""
        view, values = self.get_object(), _valid(ChangeViewSerializer(data=request.data, partial=True))
        given: dict[str, Any] = {"name": view.name, "is_shared": view.is_shared} | values
        changed = change_view(view=view, by=signed_in(request), at=timezone.now(), **given)
        return Response(SavedViewSerializer(changed).data)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: str) -> Response:
        """Make what somebody shares her own again; she is told. Needs the right to take back views."""
        take_back_view(view=self.get_object(), by=signed_in(request), at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take it away, for everybody it was shared with too. Only its owner may."""
        remove_view(view=self.get_object(), by=signed_in(request), at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
