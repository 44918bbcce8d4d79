"""Workloads, tiers and targets in JSON. Reading goes through plain rows: serializers of models cost more than the query."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from audit.errors import Invalid
from people.access import SIGNED_IN, SeenRows
from people.models import User, organisation_today
from people.permissions import Permission
from people.reauthentication import TokenCannotSign, proof_from
from workloads import reviews, services
from workloads.filters import SEARCH_MAX, ClassificationFilter, RegisterFilter
from workloads.gates.known import kept
from workloads.gates.queries import standing_against
from workloads.models import Classification, Tier, Workload
from workloads.queries import ROW, classifications_for, named, picture, pictures, target_waived_until
from workloads.reach import reach_of
from workloads.serializers import (
    TARGET_ROW,
    ClassificationDetailSerializer,
    ClassificationSerializer,
    ReaffirmSerializer,
    SendSerializer,
    TargetSerializer,
    TierSerializer,
    WorkloadSerializer,
    WorkloadWriteSerializer,
)

# What the deeds call the fields of a target, and what JSON calls them.
JSON_NAMES = {"rto": "rto_seconds", "rpo": "rpo_seconds"}


class Pictures:
    """The register for a paginator: counted and ordered among the workloads alone, drawn a page at a time."""

    ordered = True

    def __init__(self, rows: QuerySet[Any]) -> None:
        self.rows = rows

    def count(self) -> int:
        return self.rows.count()

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        return pictures(self.rows.values_list("pk", flat=True)[part], on=organisation_today(timezone.now()))


class Rows(SeenRows, GenericViewSet[Any]):
    """Lists and single things, read as plain rows through `visible_to`."""

    rule = SIGNED_IN
    columns: tuple[str, ...]

    def list(self, request: ApiRequest) -> Response:
        rows = self.filter_queryset(self.get_queryset())
        page: Any = self.paginate_queryset(self.counted(rows))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def counted(self, rows: QuerySet[Any]) -> Any:
        """The rows of a list as they are counted and drawn."""
        return rows.values(*self.columns)

    def retrieve(self, request: ApiRequest, pk: str) -> Response:
        return Response(self.row(pk))

    def row(self, pk: Any) -> Any:
        """One thing as JSON; not found for a stranger, and for what is no number."""
        found = self.find(int(pk) if str(pk).isdecimal() else 0)
        if found is None:
            raise Http404
        return self.get_serializer(found).data

    def find(self, number: int) -> dict[str, Any] | None:
        """The row with this number, if this person may have it."""
        found: dict[str, Any] | None = self.get_queryset().filter(pk=number).values(*self.columns).first()
        return found


def _valid(serializer: Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _renamed(error: Invalid) -> Invalid:
    return Invalid(error.message, {JSON_NAMES.get(name, name): text for name, text in error.fields.items()})


@extend_schema_view(
    list=extend_schema(
        parameters=[OpenApiParameter("q", {"type": "string", "maxLength": SEARCH_MAX, "pattern": "^[^\\x00]*$"})]
    ),
    partial_update=extend_schema(request=WorkloadWriteSerializer, responses=WorkloadSerializer),
    create=extend_schema(request=WorkloadWriteSerializer, responses={201: WorkloadSerializer}),
)
class WorkloadViewSet(Rows):
    """The register. A workload has the target that is in force, else the one that is proposed; `state` says which."""

    queryset = Workload.objects.all()  # for the schema; what is read comes from `seen`
    columns = ROW
    serializer_class = WorkloadSerializer
    filterset_class: Any = RegisterFilter
    ordering_fields = (
        "id",
        "name",
        "tier",
        "team",
        "rto_seconds",
        "rpo_seconds",
        "state",
        "review_due_on",
        "proven_on",
    )
    ordering = ("name",)
    ties = ("name", "id")
    ties_of = {"rto_seconds": ("rpo_seconds", *ties)}  # as the indexes have them

    def seen(self, user: User) -> QuerySet[Any]:
        """Without joins: each would be counted through. The team's name is joined where the order asks for it."""
        few = self.action == "list" and not user.may(Permission.VIEW_WORKLOADS)
        rows = named(
            reach_of(user, organisation_today(timezone.now())).seen if few else Workload.objects.visible_to(user)
        )
        by_team = "team" in self.request.query_params.get("ordering", "")
        return rows.annotate(team=F("owner_team__name")) if by_team else rows

    def counted(self, rows: QuerySet[Any]) -> Any:
        return Pictures(rows)

    def find(self, number: int) -> dict[str, Any] | None:
        return picture(self.by, number, on=organisation_today(timezone.now()))

    def create(self, request: ApiRequest) -> Response:
        values = _valid(WorkloadWriteSerializer(data=request.data))
        workload = services.add_workload(by=self.by, at=timezone.now(), **values)
        return Response(self.row(workload.pk), status=201)

    def partial_update(self, request: ApiRequest, pk: str) -> Response:
        workload, serializer = self.get_object(), WorkloadWriteSerializer(data=request.data, partial=True)
        services.change_workload(workload=workload, by=self.by, at=timezone.now(), **_valid(serializer))
        return Response(self.row(pk))

    @extend_schema(request=TargetSerializer, responses={201: ClassificationSerializer})
    @action(detail=True, methods=["post"])
    def propose(self, request: ApiRequest, pk: str) -> Response:
        """Propose a target. It waits as a draft until it is sent for signature."""
        workload, values = self.get_object(), _valid(TargetSerializer(data=request.data))
        try:
            proposal = services.propose(workload=workload, by=self.by, at=timezone.now(), **values)
        except Invalid as error:
            raise _renamed(error) from None
        return Response(ClassificationSerializer(_target_row(proposal.pk)).data, status=201)


def _target_row(pk: int) -> dict[str, Any]:
    row: dict[str, Any] = with_waived(Classification.objects.all()).values(*TARGET_ROW).get(pk=pk)
    return row


class TierViewSet(ReadOnlyModelViewSet[Tier]):
    """The tiers, the most critical first. Limits are what a target of the tier may have without giving a reason."""

    rule = SIGNED_IN
    queryset = Tier.objects.all()
    serializer_class = TierSerializer
    filter_backends = []


def with_waived(targets: QuerySet[Any]) -> QuerySet[Any]:
    """With the day until which something of the target is waived."""
    found: QuerySet[Any] = targets.annotate(waived_until=target_waived_until(organisation_today(timezone.now())))
    return found


class ClassificationViewSet(Rows):
    """Targets from proposal to signature, past ones included, newest first."""

    queryset = Classification.objects.all()
    columns = TARGET_ROW
    serializer_class = ClassificationSerializer
    filterset_class: Any = ClassificationFilter
    ordering_fields = ("id", "proposed_at", "review_due_on", "tier")
    ordering = ("-proposed_at", "-id")

    def seen(self, user: User) -> QuerySet[Any]:
        return with_waived(classifications_for(user))

    @extend_schema(responses=ClassificationDetailSerializer)
    def retrieve(self, request: ApiRequest, pk: str) -> Response:
        """With what was known against it when it was sent, and what is found now."""
        row = dict(self.row(pk))
        target = Classification.objects.select_related("workload").get(pk=row["id"])
        known = standing_against(target, today=organisation_today(timezone.now()), viewer=self.by)
        return Response(row | {"findings": target.findings, "found_now": kept(known)})

    @extend_schema(request=TargetSerializer, responses=ClassificationSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: ApiRequest, pk: str) -> Response:
        """Change a draft: all of its values."""
        proposal, values = self.get_object(), _valid(TargetSerializer(data=request.data))
        try:
            services.change_proposal(classification=proposal, by=self.by, at=timezone.now(), **values)
        except Invalid as error:
            raise _renamed(error) from None
        return Response(self.row(pk))

    @extend_schema(request=SendSerializer, responses=ClassificationSerializer)
    @action(detail=True, methods=["post"])
    def send(self, request: ApiRequest, pk: str) -> Response:
        """Freeze the draft and ask its signers."""
        proposal, values = self.get_object(), _valid(SendSerializer(data=request.data))
        services.send_for_signature(classification=proposal, by=self.by, at=timezone.now(), **values)
        return Response(self.row(pk))

    @extend_schema(request=None, responses=ClassificationSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: ApiRequest, pk: str) -> Response:
        """Take a proposal back, sent or not."""
        services.withdraw(classification=self.get_object(), by=self.by, at=timezone.now())
        return Response(self.row(pk))

    @extend_schema(request=ReaffirmSerializer, responses=ClassificationSerializer)
    @action(detail=True, methods=["post"])
    def reaffirm(self, request: ApiRequest, pk: str) -> Response:
        """Keep the target in force, by answering the review that `due_on` names; 409 where that one has been given. A signature:
        needs a session that was re-authenticated within five minutes, no token."""
        target = self.get_object()
        if request.auth is not None:
            raise TokenCannotSign("A token cannot sign. Sign in yourself and reaffirm on the page.")
        values = _valid(ReaffirmSerializer(data=request.data))
        proof = proof_from(request._request)
        reviews.reaffirm(classification=target, by=self.by, at=timezone.now(), proof=proof, **values)
        return Response(self.row(pk))
