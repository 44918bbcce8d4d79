"""The review of all assignments in JSON."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from people.access import SeenRows
from people.models import RoleAssignment, User, organisation_today
from people.permissions import Permission
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


class AssignmentViewSet(SeenRows, GenericViewSet[RoleAssignment]):
    """Every role assignment, of the organisation and of single workloads."""

    rule = Permission.VIEW_PEOPLE
    queryset = RoleAssignment.objects.all()
    serializer_class: Any = HeldSerializer
    filter_backends = ()

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
            raise serializers.ValidationError(form.errors.get_json_data())
        found: Any = Assignments(narrowed(self.get_queryset(), form.cleaned_data, today))
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response(HeldSerializer(page, many=True, context={"today": today}).data)
