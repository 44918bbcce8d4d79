"""The review of all assignments in JSON."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from people.access import SeenRows
from people.listing import said_of
from people.models import Role, RoleAssignment, User, organisation_today
from people.permissions import Permission
from people.services import assign_role, end_role
from people.texts import TextField
from workloads.parts_api import KeyOf, seen_workloads
from workloads.rights import settle_rights
from workloads.roles.forms import AssignmentsQuery
from workloads.roles.queries import GAPS, Assignments, assignments, gaps_of, narrowed


class HeldSerializer(serializers.Serializer[Any]):
    """A role as it is held, with what is missing."""

    id = serializers.IntegerField()
    role = serializers.CharField(source="role_id")
    workload = serializers.IntegerField(source="workload_id", allow_null=True, help_text="Null: the whole organisation")
    workload_name = serializers.CharField(source="place", allow_null=True)
    person = serializers.IntegerField(source="person_id", allow_null=True)
    deputy = serializers.IntegerField(source="deputy_id", allow_null=True)
    from_on = serializers.DateField()
    until_on = serializers.DateField(allow_null=True)
    standing = serializers.CharField(help_text="effective, unconfirmed, or waiting for a second person")
    gaps = serializers.SerializerMethodField()

    def get_gaps(self, held: RoleAssignment) -> list[str]:
        return gaps_of(held, self.context["today"])


@extend_schema_serializer(component_name="WorkloadRole")
class AssignSerializer(serializers.Serializer[Any]):
    workload = KeyOf(
        seen_workloads, help_text="Number of the workload; for the whole organisation: /roles/{key}/assign/"
    )
    role: Any = serializers.PrimaryKeyRelatedField(queryset=Role.objects.all(), help_text="Key of the role")
    person: Any = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), allow_null=True, default=None)
    deputy: Any = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), allow_null=True, default=None)
    from_on = serializers.DateField()
    until_on = serializers.DateField(allow_null=True, default=None, help_text="Last day, included")
    reason = TextField(max_length=300, allow_blank=True, default="", help_text="Needed where it began yesterday")


@extend_schema_serializer(component_name="WorkloadRoleEnd")
class EndSerializer(serializers.Serializer[Any]):
    last_day = serializers.DateField(help_text="Included; yesterday ends the role at once")


class AssignmentViewSet(SeenRows, GenericViewSet[RoleAssignment]):
    """Every role assignment, of the organisation and of single workloads. Here roles for one workload are given and ended."""

    rule = Permission.VIEW_PEOPLE
    queryset = RoleAssignment.objects.all()
    serializer_class: Any = HeldSerializer
    filter_backends = ()
    asks = tuple(AssignmentsQuery.base_fields)

    def seen(self, user: User) -> QuerySet[Any]:
        return assignments(user)

    @extend_schema(
        parameters=[
            OpenApiParameter("gap", enum=list(GAPS)),
            OpenApiParameter("role", description="Key of a role"),
            OpenApiParameter("place", enum=["organisation", "workloads"]),
            OpenApiParameter("q", description="Words of the names of holder, deputy or workload"),
            OpenApiParameter("ended", bool, description="Also those that have ended"),
        ]
    )
    def list(self, request: Request) -> Response:
        today = organisation_today(timezone.now())
        form = AssignmentsQuery(request.query_params)
        if not form.is_valid():
            raise serializers.ValidationError(said_of(form))
        found: Any = Assignments(narrowed(self.get_queryset(), form.cleaned_data, today))
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response(HeldSerializer(page, many=True, context={"today": today}).data)

    @extend_schema(request=AssignSerializer, responses={201: HeldSerializer})
    def create(self, request: Request) -> Response:
        """Give a role for one workload; the rights on it follow at once."""
        self.by.require(Permission.ASSIGN_ROLES)  # before anything is said about people and workloads
        values, at = self._sent(AssignSerializer), timezone.now()
        workload = values.pop("workload")
        with transaction.atomic():
            held = assign_role(by=self.by, at=at, workload_id=workload.pk, **values)
            settle_rights(at=at, workload_id=workload.pk)
        return Response(self._drawn(held.pk), status=status.HTTP_201_CREATED)

    @extend_schema(request=EndSerializer, responses=HeldSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """End a role for one workload after a last day."""
        self.by.require(Permission.ASSIGN_ROLES)
        held: Any = get_object_or_404(self.get_queryset(), pk=pk, workload_id__isnull=False)
        values, at = self._sent(EndSerializer), timezone.now()
        with transaction.atomic():
            end_role(assignment=held, by=self.by, at=at, **values)
            settle_rights(at=at, workload_id=held.workload_id)
        return Response(self._drawn(held.pk))

    def _sent(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _drawn(self, pk: int) -> Any:
        today = organisation_today(timezone.now())
        return HeldSerializer(assignments(self.by).get(pk=pk), context={"today": today}).data
