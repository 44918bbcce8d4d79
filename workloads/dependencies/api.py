"""Dependencies and third parties in JSON."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from people.models import Contact, User
from people.permissions import Permission
from workloads.dependencies import services
from workloads.dependencies.queries import dependencies_for, third_parties_for, with_needs_seen
from workloads.filters import KeyFilter
from workloads.models import Dependency, Order, Strength, ThirdParty
from workloads.naming import called
from workloads.parts_api import KeyOf, RemovablePartViewSet, seconds, seen_workloads, text


def seen_contacts(user: User) -> QuerySet[Contact]:
    return Contact.objects.all() if user.may(Permission.VIEW_PEOPLE) else Contact.objects.none()


class DependencySerializer(serializers.ModelSerializer[Dependency]):
    """`needs` is null for a workload that is not the caller's to see; then `needs_name` says that there is one, not which."""

    workload_name = serializers.CharField(source="workload.name")
    needs = serializers.IntegerField(source="needs_seen", allow_null=True)
    needs_name = serializers.SerializerMethodField()
    third_party_name = serializers.CharField(source="third_party.name", default=None, allow_null=True)

    class Meta:
        model = Dependency
        fields = (
            "id", "workload", "workload_name", "needs", "needs_name", "third_party", "third_party_name", "strength",
            "remains", "order", "note", "added_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_needs_name(self, row: Any) -> str | None:
        if row.needs is None:
            return None
        return called(row.needs.name, row.needs_id, () if row.needs_seen is None else None)


class DependencyWriteSerializer(serializers.Serializer[Any]):
    strength = serializers.ChoiceField(choices=Strength.choices, required=False)
    remains = text(help_text="What still works without it; a soft one must say")
    order = serializers.ChoiceField(choices=Order.choices, required=False, help_text="How recovery runs beside it")
    note = text()


class DependencyAddSerializer(DependencyWriteSerializer):
    workload = KeyOf(seen_workloads, help_text="Number of the workload that needs it")
    needs = KeyOf(seen_workloads, required=False, help_text="Number of a workload; either this or third_party")
    third_party = KeyOf(third_parties_for, required=False, help_text="Number of a third party")


class DependencyFilter(django_filters.FilterSet):  # type: ignore[misc]
    workload = KeyFilter(field_name="workload_id", label="Workload that needs, by its number")
    needs = KeyFilter(method="of_needs", label="Workload that is needed, by its number")
    third_party = KeyFilter(field_name="third_party_id", label="Third party, by its number")
    strength = django_filters.ChoiceFilter(choices=Strength.choices)

    class Meta:
        model = Dependency
        fields: list[str] = []

    def of_needs(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return rows.filter(needs_seen=value)


@extend_schema_view(
    create=extend_schema(request=DependencyAddSerializer, responses={201: DependencySerializer}),
    partial_update=extend_schema(request=DependencyWriteSerializer, responses=DependencySerializer),
    destroy=extend_schema(responses={204: None}),
)
class DependencyViewSet(RemovablePartViewSet):
    """What workloads need: other workloads and third parties. Cycles may be written down."""

    queryset = Dependency.objects.all()
    serializer_class = DependencySerializer
    filterset_class: Any = DependencyFilter
    add_serializer, change_serializer, subject = DependencyAddSerializer, DependencyWriteSerializer, "dependency"

    def seen(self, user: User) -> QuerySet[Dependency]:
        related = ("workload__owner_team", "needs", "third_party")
        return with_needs_seen(dependencies_for(user), user).select_related(*related)

    def add(self, **values: Any) -> Model:
        return services.add_dependency(**values)

    def change(self, **values: Any) -> Any:
        return services.change_dependency(**values)

    def remove(self, **values: Any) -> None:
        services.remove_dependency(**values)


class ThirdPartySerializer(serializers.ModelSerializer[ThirdParty]):
    class Meta:
        model = ThirdParty
        fields = (
            "id", "name", "vendor", "contact", "rto_seconds", "rpo_seconds", "document", "promised_until_on",
            "has_failover", "note", "added_at",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "has_failover": {"help_text": "Whether it fails over by itself; null: nobody has looked"},
            "promised_until_on": {"help_text": "Last day of the promise; null: open"},
        }


class ThirdPartyWriteSerializer(serializers.Serializer[Any]):
    name = text(longest=120, needed=True)
    vendor = text(longest=120)
    contact = KeyOf(seen_contacts, required=False, allow_null=True, help_text="Number of a contact")
    rto_seconds = seconds("What the vendor promises; null: nothing")
    rpo_seconds = seconds("What the vendor promises; null: nothing")
    document = text(longest=300, help_text="Where the promise stands; needed when something is promised")
    promised_until_on = serializers.DateField(required=False, allow_null=True)
    has_failover = serializers.BooleanField(required=False, allow_null=True)
    note = text()


@extend_schema_view(
    create=extend_schema(request=ThirdPartyWriteSerializer, responses={201: ThirdPartySerializer}),
    partial_update=extend_schema(request=ThirdPartyWriteSerializer, responses=ThirdPartySerializer),
    destroy=extend_schema(responses={204: None}, description="Refused (409) while a dependency is on it."),
)
class ThirdPartyViewSet(RemovablePartViewSet):
    """Services that somebody outside runs, with what the vendor promises."""

    queryset = ThirdParty.objects.all()
    serializer_class = ThirdPartySerializer
    add_serializer, change_serializer, subject = ThirdPartyWriteSerializer, ThirdPartyWriteSerializer, "third_party"
    ordering_fields = ("id", "name", "promised_until_on")

    def seen(self, user: User) -> QuerySet[ThirdParty]:
        return third_parties_for(user)

    def add(self, **values: Any) -> Model:
        return services.add_third_party(**values)

    def change(self, **values: Any) -> Any:
        return services.change_third_party(**values)

    def remove(self, **values: Any) -> None:
        services.remove_third_party(**values)
