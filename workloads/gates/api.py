"""Waivers in JSON: read, asked for, withdrawn. Signing one is for people in a browser, never for a token."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from people.models import User
from people.texts import TextField
from workloads.filters import BIGGEST_KEY
from workloads.gates import services
from workloads.gates.queries import waivers_for
from workloads.models import Waiver
from workloads.parts_api import KeyOf, PartViewSet, seen_workloads, text


class WaiverSerializer(serializers.ModelSerializer[Waiver]):
    """A finding that is accepted for a while. It holds while it is granted, up to its last day."""

    class Meta:
        model = Waiver
        fields = (
            "id", "workload", "finding", "title", "detail", "figures", "reason", "conditions", "ends_on", "state", "request",
            "requested_at", "requested_by", "granted_at", "granted_by", "closed_at", "closed_by",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {"figures": {"help_text": "How bad it was when it was asked for; what is worse is not covered"}}


class RequestWaiverSerializer(serializers.Serializer[Any]):
    workload = KeyOf(seen_workloads)
    finding = TextField(max_length=80, help_text="Key of a blocking finding, as a classification lists it")
    reason = text(needed=True, help_text="Why it cannot be mended first")
    conditions = text(needed=True, help_text="What is done meanwhile, and what ends the waiver early")
    ends_on = serializers.DateField(help_text="Last day; a year from today at most")


class WaiverFilter(filters.FilterSet):  # type: ignore[misc]
    workload = filters.NumberFilter(min_value=1, max_value=BIGGEST_KEY)
    state = filters.ChoiceFilter(choices=Waiver.State.choices)

    class Meta:
        model = Waiver
        fields = ("workload", "state")


class WaiverViewSet(PartViewSet):
    """Waivers of the workloads this person may see, past ones included."""

    queryset: Any = Waiver.objects.all()
    serializer_class: Any = WaiverSerializer
    add_serializer = RequestWaiverSerializer
    change_serializer = RequestWaiverSerializer
    subject = "waiver"
    http_method_names = ["get", "post", "head", "options"]
    filterset_class = WaiverFilter
    ordering_fields: Any = ("id", "ends_on", "requested_at")

    def seen(self, user: User) -> QuerySet[Waiver]:
        return waivers_for(user)

    @extend_schema(request=RequestWaiverSerializer, responses={201: WaiverSerializer})
    def create(self, request: Request) -> Response:
        """Ask the executive sponsor to waive a blocking finding until a day."""
        return super().create(request)

    def add(self, **values: Any) -> Waiver:
        return services.request_waiver(**values)

    @extend_schema(request=None, responses=WaiverSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take it back, signed or not. What was signed under one that was in force is due for review."""
        services.withdraw_waiver(waiver=self.get_object(), **self.doer)
        return self.shown(pk)
