"""Components, user flows and failure modes in JSON."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from people.fields import YesNoFilter
from people.models import User
from workloads.dependencies.queries import dependencies_for
from workloads.filters import KeyFilter
from workloads.flows import components, services
from workloads.flows.priority import Priority
from workloads.flows.queries import components_for, failure_modes_for, flows_for, priority_of, with_own_seen
from workloads.models import Component, Detection, Effect, FailureCategory, FailureMode, Likelihood, UserFlow
from workloads.parts_api import Deeds, KeyOf, RemovablePartViewSet, keys_of, seconds, seen_workloads, text

WORKLOAD = "Number of the workload it belongs to"


class ComponentSerializer(serializers.ModelSerializer[Component]):
    workload_name = serializers.CharField(source="workload.name")
    own = serializers.IntegerField(
        source="own_seen",
        allow_null=True,
        help_text="The workload that it is in the register, when it is classified on its own; null too where you may not see it",
    )

    class Meta:
        model = Component
        fields = ("id", "workload", "workload_name", "name", "kind", "note", "own", "added_at")
        read_only_fields = fields


class ComponentWriteSerializer(serializers.Serializer[Any]):
    name = text(longest=120, needed=True)
    kind = text(longest=60, help_text="Application, database, queue")
    note = text()


class ComponentAddSerializer(ComponentWriteSerializer):
    workload = KeyOf(seen_workloads, help_text=WORKLOAD)


class ComponentRegisterSerializer(serializers.Serializer[Any]):
    name = text(longest=120, needed=True)
    purpose = text(needed=True)
    reference = text(longest=80)
    same_roles = serializers.BooleanField(
        default=True, help_text="Who holds a role for the present workload holds it for the new one too"
    )


class ComponentFilter(django_filters.FilterSet):  # type: ignore[misc]
    workload = KeyFilter(field_name="workload_id", label="Workload, by its number")

    class Meta:
        model = Component
        fields: list[str] = []


@extend_schema_view(
    create=extend_schema(request=ComponentAddSerializer, responses={201: ComponentSerializer}),
    partial_update=extend_schema(request=ComponentWriteSerializer, responses=ComponentSerializer),
    destroy=extend_schema(responses={204: None}),
)
class ComponentViewSet(RemovablePartViewSet):
    """What workloads are made of. One that failure modes name cannot be removed."""

    queryset = Component.objects.all()
    serializer_class = ComponentSerializer
    filterset_class: Any = ComponentFilter
    add_serializer, change_serializer, subject = ComponentAddSerializer, ComponentWriteSerializer, "component"
    deeds = Deeds(components.add_component, components.change_component, components.remove_component)
    ordering_fields = ("id", "name")

    def seen(self, user: User) -> QuerySet[Component]:
        return with_own_seen(components_for(user), user).select_related("workload__owner_team")

    @extend_schema(request=ComponentRegisterSerializer, responses={201: ComponentSerializer})
    @action(detail=True, methods=["post"])
    def register(self, request: Request, pk: str) -> Response:
        """Put it into the register as a workload of its own, which the present workload then needs."""
        component = self.get_object()
        components.register_component(component=component, **self.sent(ComponentRegisterSerializer), **self.doer)
        return self.shown(component.pk, 201)


class FlowSerializer(serializers.ModelSerializer[UserFlow]):
    workload_name = serializers.CharField(source="workload.name")

    class Meta:
        model = UserFlow
        fields = (
            "id", "workload", "workload_name", "name", "what", "relied_on_by", "when_down", "is_critical", "rto_seconds",
            "rpo_seconds", "components", "dependencies", "added_at",
        )  # fmt: skip
        read_only_fields = fields


class FlowWriteSerializer(serializers.Serializer[Any]):
    name = text(longest=120, needed=True)
    what = text(needed=True, help_text="What it does")
    relied_on_by = text(help_text="Who relies on it")
    when_down = text(help_text="What happens when it is down")
    is_critical = serializers.BooleanField(required=False)
    rto_seconds = seconds("Its own RTO, where it differs from the workload's")
    rpo_seconds = seconds("Its own RPO, where it differs from the workload's")
    components = keys_of(components_for, "Numbers of components of the same workload")
    dependencies = keys_of(dependencies_for, "Numbers of dependencies of the same workload")


class FlowAddSerializer(FlowWriteSerializer):
    workload = KeyOf(seen_workloads, help_text=WORKLOAD)


class FlowFilter(django_filters.FilterSet):  # type: ignore[misc]
    workload = KeyFilter(field_name="workload_id", label="Workload, by its number")
    is_critical = YesNoFilter(label="Only critical ones, or only the others")

    class Meta:
        model = UserFlow
        fields: list[str] = []


@extend_schema_view(
    create=extend_schema(request=FlowAddSerializer, responses={201: FlowSerializer}),
    partial_update=extend_schema(request=FlowWriteSerializer, responses=FlowSerializer),
    destroy=extend_schema(responses={204: None}),
)
class FlowViewSet(RemovablePartViewSet):
    """User flows: what somebody does with a workload, and what it means when it cannot be done."""

    queryset = UserFlow.objects.all()
    serializer_class = FlowSerializer
    filterset_class: Any = FlowFilter
    add_serializer, change_serializer, subject = FlowAddSerializer, FlowWriteSerializer, "flow"
    deeds = Deeds(services.add_flow, services.change_flow, services.remove_flow)
    ordering_fields = ("id", "name")

    def seen(self, user: User) -> QuerySet[UserFlow]:
        related = flows_for(user).select_related("workload__owner_team")
        return related.prefetch_related("components", "dependencies")


class FailureModeSerializer(serializers.ModelSerializer[FailureMode]):
    workload_name = serializers.CharField(source="workload.name")
    priority = serializers.SerializerMethodField(help_text="Follows from severity, likelihood and noticed")

    class Meta:
        model = FailureMode
        fields = (
            "id", "workload", "workload_name", "component", "category", "what", "effect", "likelihood", "severity",
            "noticed", "priority", "detection", "mitigation", "flows", "added_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=[(p.value, p.value) for p in Priority]))
    def get_priority(self, mode: FailureMode) -> str:
        return priority_of(mode).value


class FailureModeWriteSerializer(serializers.Serializer[Any]):
    component = KeyOf(
        components_for, required=False, allow_null=True, help_text="Number of a component of the same workload"
    )
    category = serializers.ChoiceField(choices=FailureCategory.choices)
    what = text(longest=200, needed=True, help_text="What fails")
    effect = text(needed=True, help_text="What follows")
    likelihood = serializers.ChoiceField(choices=Likelihood.choices)
    severity = serializers.ChoiceField(choices=Effect.choices)
    noticed = serializers.ChoiceField(choices=Detection.choices)
    detection = text(help_text="By what it is noticed")
    mitigation = text(help_text="What softens or prevents it")
    flows = keys_of(flows_for, "Numbers of the user flows of the same workload that it hits")


class FailureModeAddSerializer(FailureModeWriteSerializer):
    workload = KeyOf(seen_workloads, help_text=WORKLOAD)


class FailureModeFilter(django_filters.FilterSet):  # type: ignore[misc]
    workload = KeyFilter(field_name="workload_id", label="Workload, by its number")
    component = KeyFilter(field_name="component_id", label="Component, by its number")
    category = django_filters.MultipleChoiceFilter(choices=FailureCategory.choices)

    class Meta:
        model = FailureMode
        fields: list[str] = []


@extend_schema_view(
    create=extend_schema(request=FailureModeAddSerializer, responses={201: FailureModeSerializer}),
    partial_update=extend_schema(request=FailureModeWriteSerializer, responses=FailureModeSerializer),
    destroy=extend_schema(responses={204: None}),
)
class FailureModeViewSet(RemovablePartViewSet):
    """Ways in which workloads fail. `priority` follows from the three scores and cannot be written."""

    queryset = FailureMode.objects.all()
    serializer_class = FailureModeSerializer
    filterset_class: Any = FailureModeFilter
    add_serializer, change_serializer, subject = FailureModeAddSerializer, FailureModeWriteSerializer, "mode"
    deeds = Deeds(services.add_failure_mode, services.change_failure_mode, services.remove_failure_mode)
    ordering_fields = ("id", "severity", "likelihood")

    def seen(self, user: User) -> QuerySet[FailureMode]:
        return failure_modes_for(user).select_related("workload__owner_team").prefetch_related("flows")
