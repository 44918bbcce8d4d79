"""Drills and gaps in JSON: the same deeds as the pages. Durations are seconds, times are UTC."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audit.errors import WrongState
from drills import gaps, marking, services
from drills.filters import ActionApiFilter, DrillApiFilter
from drills.models import Action, Drill, DrillQuerySet, Mark
from drills.serializers import (
    ActionSerializer,
    ActionWriteSerializer,
    AssignSerializer,
    CorrectSerializer,
    DoneSerializer,
    DrillDetailSerializer,
    DrillSerializer,
    DrillWriteSerializer,
    FinishSerializer,
    MarkSerializer,
    MarkWriteSerializer,
    PlanSerializer,
    ReasonSerializer,
)
from people.access import SIGNED_IN, SeenRows
from people.models import User, organisation_today
from workloads.models import Workload
from workloads.queries import waived_until


class Deeds(SeenRows, GenericViewSet[Any]):
    """What both viewsets share: who asks, when, and what was sent."""

    rule = SIGNED_IN

    @property
    def doer(self) -> dict[str, Any]:
        return {"by": self.by, "at": timezone.now()}

    @property
    def is_machine(self) -> bool:
        """Whether the times of this request count as measured: only a machine token's do."""
        return bool(getattr(self.request.auth, "machine", False))

    def sent(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values


class DrillViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Deeds):
    """Drills of the workloads you may see, the latest window first."""

    queryset = Drill.objects.all()
    serializer_class = DrillSerializer
    filterset_class: Any = DrillApiFilter
    lookup_value_regex = "[0-9]+"
    ordering_fields = ("window_start", "finished_at", "id")
    ordering = ("-window_start", "-id")

    def seen(self, user: User) -> QuerySet[Drill]:
        found = self.pictured(Drill.objects.visible_to(user))
        if self.action == "list":
            return found.prefetch_related("participants").defer("report")
        return found.prefetch_related("participants", "marks")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return DrillSerializer if self.action == "list" else DrillDetailSerializer

    def pictured(self, drills: DrillQuerySet) -> DrillQuerySet:
        """With the result, and until when something is waived of a workload that this person may see."""
        seen = Q(workload__in=Workload.objects.visible_to(self.by).values("pk"))
        until = waived_until(organisation_today(timezone.now()), "workload")
        return drills.with_result().select_related("workload").annotate(waived_until=Case(When(seen, then=until)))

    def shown(self, drill: Drill, code: int = status.HTTP_200_OK) -> Response:
        """The drill as it is now, whatever the deed did to it."""
        fresh = self.pictured(Drill.objects.all()).prefetch_related("participants", "marks").get(pk=drill.pk)
        return Response(DrillDetailSerializer(fresh).data, status=code)

    @extend_schema(request=DrillWriteSerializer, responses={201: DrillDetailSerializer})
    def create(self, request: Request) -> Response:
        """Schedule a drill; everybody who takes part is told."""
        drill = services.schedule(**self.sent(DrillWriteSerializer), **self.doer)
        return self.shown(drill, status.HTTP_201_CREATED)

    @extend_schema(request=PlanSerializer, responses=DrillDetailSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """Change a planned drill: all values are given anew."""
        drill = self.get_object()
        services.change(drill=drill, **self.sent(PlanSerializer), **self.doer)
        return self.shown(drill)

    @extend_schema(request=ReasonSerializer, responses=DrillDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Give up a drill that has not begun."""
        drill = self.get_object()
        services.cancel(drill=drill, **self.sent(ReasonSerializer), **self.doer)
        return self.shown(drill)

    @extend_schema(request=None, responses=DrillDetailSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Begin: the criteria are fixed and the target in force is copied."""
        drill = self.get_object()
        services.start(drill=drill, **self.doer)
        return self.shown(drill)

    @extend_schema(request=MarkWriteSerializer, responses={201: MarkSerializer})
    @action(detail=True, methods=["post"])
    def mark(self, request: Request, pk: str) -> Response:
        """Record a time. Without `time` it is now, graded live; with one it is typed; a machine token's is machine."""
        drill = self.get_object()
        new = marking.mark(drill=drill, machine=self.is_machine, **self.sent(MarkWriteSerializer), **self.doer)
        return Response(MarkSerializer(new).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=CorrectSerializer, responses={201: MarkSerializer})
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """Replace the time of a moment by another one, with a reason. The old one stays."""
        drill, values = self.get_object(), self.sent(CorrectSerializer)
        wrong = (
            Mark.objects.that_count()
            .filter(drill=drill, what=values.pop("what"))
            .select_related("drill__workload")
            .first()
        )
        if wrong is None:
            raise WrongState("There is no time to correct. Record one first.")
        new = marking.correct_mark(mark=wrong, machine=self.is_machine, **values, **self.doer)
        return Response(MarkSerializer(new).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=FinishSerializer, responses=DrillDetailSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """Judge the times, freeze the report, settle the gaps in `retested`."""
        drill = self.get_object()
        services.finish(drill=drill, **self.sent(FinishSerializer), **self.doer)
        return self.shown(drill)

    @extend_schema(request=ReasonSerializer, responses=DrillDetailSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """End a running drill without a result."""
        drill = self.get_object()
        services.stop(drill=drill, **self.sent(ReasonSerializer), **self.doer)
        return self.shown(drill)


class ActionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Deeds):
    """Gaps that drills found, the most urgent first. Only a later drill that passes closes one."""

    queryset = Action.objects.all()
    serializer_class = ActionSerializer
    filterset_class: Any = ActionApiFilter
    lookup_value_regex = "[0-9]+"
    ordering_fields = ("due_on", "opened_at", "id")
    ordering = ("due_on", "id")

    def seen(self, user: User) -> QuerySet[Action]:
        return Action.objects.visible_to(user).select_related("drill__workload", "owner")

    def shown(self, found: Action, code: int = status.HTTP_200_OK) -> Response:
        fresh = Action.objects.select_related("drill__workload", "owner").get(pk=found.pk)
        return Response(ActionSerializer(fresh).data, status=code)

    @extend_schema(request=ActionWriteSerializer, responses={201: ActionSerializer})
    def create(self, request: Request) -> Response:
        """Write down a gap that a drill found; its owner is told."""
        found = gaps.open_action(**self.sent(ActionWriteSerializer), **self.doer)
        return self.shown(found, status.HTTP_201_CREATED)

    @extend_schema(request=AssignSerializer, responses=ActionSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """Give a gap to somebody else or another day."""
        found = self.get_object()
        gaps.change_action(action=found, **self.sent(AssignSerializer), **self.doer)
        return self.shown(found)

    @extend_schema(request=DoneSerializer, responses=ActionSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request: Request, pk: str) -> Response:
        """Say that the work is done; the gap waits for a re-test."""
        found = self.get_object()
        gaps.mark_action_done(action=found, **self.sent(DoneSerializer), **self.doer)
        return self.shown(found)

    @extend_schema(request=ReasonSerializer, responses=ActionSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Open a gap again whose work did not help."""
        found = self.get_object()
        gaps.reopen_action(action=found, **self.sent(ReasonSerializer), **self.doer)
        return self.shown(found)
