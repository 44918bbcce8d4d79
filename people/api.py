"""People and roles in JSON."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from people import handover, services
from people.access import SIGNED_IN, SeenRows
from people.fields import YesNoFilter
from people.listing import unknown_value
from people.models import Role, RoleAssignment, Team, User, organisation_today
from people.permissions import Permission
from people.queries import posts, teams_seen_by, with_teams_seen
from people.stand_ins import left_holding
from people.texts import TextField
from people.welcome import NotSent, send_welcome


class PersonSerializer(serializers.ModelSerializer[User]):
    """How to reach somebody is null for who may not see people outside her teams."""

    email = serializers.SerializerMethodField()
    phone = serializers.SerializerMethodField()
    teams: Any = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = User
        fields = ("id", "name", "title", "email", "phone", "time_zone", "teams", "is_active")
        read_only_fields = fields

    def _reach(self, person: User) -> bool:
        """The same as `people.queries.may_reach`, for a list: the reader's rights and teams are asked once."""
        user, mine = self.context["request"].user, self._my_teams
        return mine is None or person.pk == user.pk or any(team.pk in mine for team in person.teams.all())

    @cached_property
    def _my_teams(self) -> set[int] | None:
        """None for who sees everybody."""
        user = self.context["request"].user
        return None if user.may(Permission.VIEW_PEOPLE) else {team.pk for team in user.teams.all()}

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_email(self, person: User) -> str | None:
        return person.email if self._reach(person) else None

    @extend_schema_field(TextField(allow_null=True))
    def get_phone(self, person: User) -> str | None:
        return person.phone if self._reach(person) else None


class ChangePersonSerializer(serializers.Serializer[Any]):
    name = TextField(max_length=120)
    title = TextField(max_length=120, allow_blank=True, required=False)
    phone = TextField(max_length=40, allow_blank=True, required=False)
    time_zone = TextField(max_length=60, required=False, help_text="Such as Europe/Oslo")
    teams: Any = serializers.SlugRelatedField(
        slug_field="name", many=True, required=False, queryset=Team.objects.all(), help_text="Names of teams"
    )


class AddPersonSerializer(ChangePersonSerializer):
    email = serializers.EmailField(max_length=254, help_text="She signs in with it; it cannot be changed later")


class PersonFilter(django_filters.FilterSet):  # type: ignore[misc]
    name = django_filters.CharFilter(lookup_expr="says")
    team = django_filters.CharFilter(method="filter_team", label="Name of a team")
    role = django_filters.CharFilter(method="filter_role", label="Key of a role held today, as person or deputy")
    is_active = YesNoFilter(label="Whether she may sign in")
    left_holding = YesNoFilter(
        method="filter_left", label="Whether she cannot sign in any more and still holds what can be handed over"
    )

    class Meta:
        model = User
        fields = ()

    def filter_left(self, found: QuerySet[User], name: str, value: bool) -> QuerySet[User]:
        left = left_holding(on=organisation_today(timezone.now())).values("pk")
        return found.filter(pk__in=left) if value else found.exclude(pk__in=left)

    def filter_team(self, found: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        teams = teams_seen_by(self.request.user)
        team = teams.filter(name=value).first()
        if team is None:
            raise unknown_value(name, value, teams.order_by("name").values_list("name", flat=True))
        return found.filter(pk__in=team.members.order_by().values("pk"))

    def filter_role(self, found: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        if not Role.objects.filter(pk=value).exists():
            raise unknown_value(name, value, Role.objects.values_list("pk", flat=True))
        held = RoleAssignment.objects.in_force(organisation_today(timezone.now())).filter(role=value).order_by()
        return found.filter(pk__in=held.values("person")) | found.filter(pk__in=held.values("deputy"))


class HandOverSerializer(serializers.Serializer[Any]):
    to: Any = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True))
    last_day = serializers.DateField(help_text="Included; yesterday passes everything on at once")
    deactivate = serializers.BooleanField(default=False, help_text="Stop her from signing in, at once")


class PassingSerializer(serializers.Serializer[Any]):
    """One assignment, and who holds it afterwards."""

    role = serializers.CharField(source="assignment.role_id")
    workload = serializers.IntegerField(source="assignment.workload_id", allow_null=True)
    place = serializers.CharField()
    person = serializers.IntegerField(source="person.pk", allow_null=True)
    deputy = serializers.IntegerField(source="deputy.pk", allow_null=True)
    from_on = serializers.DateField()
    remark = TextField(help_text="Why it does not simply pass, or empty")


class PersonViewSet(SeenRows, ReadOnlyModelViewSet[User]):
    """People who sign in. Nobody is deleted: what a person did refers to her."""

    rule = SIGNED_IN
    queryset = User.objects.all()
    serializer_class = PersonSerializer
    filterset_class: Any = PersonFilter
    ordering_fields = ("name", "id")
    ordering = ("name", "id")

    def seen(self, user: User) -> QuerySet[User]:
        return with_teams_seen(User.objects.visible_to(user), user)

    @extend_schema(request=AddPersonSerializer, responses={201: PersonSerializer})
    def create(self, request: Request) -> Response:
        """Add a person; she gets a link to set her password."""
        at, by = timezone.now(), _person(request)
        person = services.add_person(by=by, at=at, **_values(AddPersonSerializer(data=request.data)))
        with suppress(NotSent):  # the person is here all the same; the page offers to send the link again
            send_welcome(person=person, by=by, at=at)
        return Response(self.get_serializer(person).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangePersonSerializer, responses=PersonSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        person = self.get_object()
        given = _values(ChangePersonSerializer(data=request.data, partial=True))
        kept = {name: getattr(person, name) for name in ("name", "title", "phone", "time_zone")}
        values = kept | {"teams": tuple(person.teams.all())} | given
        services.change_person(person=person, by=_person(request), at=timezone.now(), **values)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=PersonSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Stop a person from signing in, at once; her tokens end with it."""
        person = self.get_object()
        services.deactivate_person(person=person, by=_person(request), at=timezone.now())
        return Response(self.get_serializer(person).data)

    @extend_schema(request=None, responses=PersonSerializer)
    @action(detail=True, methods=["post"])
    def reactivate(self, request: Request, pk: str) -> Response:
        """Let a person sign in again; her tokens stay ended."""
        person = self.get_object()
        services.reactivate_person(person=person, by=_person(request), at=timezone.now())
        return Response(self.get_serializer(person).data)

    @extend_schema(request=HandOverSerializer, responses=PassingSerializer(many=True))
    @action(detail=True, methods=["post"], url_path="hand-over", pagination_class=None, filterset_class=None)
    def hand_over(self, request: Request, pk: str) -> Response:
        """Pass all roles, open actions and planned drills to a successor; returns what became of each role."""
        person, by = self.get_object(), _person(request)
        by.require(Permission.ASSIGN_ROLES)  # before anything is said about people that she may not see
        values = _values(HandOverSerializer(data=request.data))
        passed = handover.hand_over(person=person, by=by, at=timezone.now(), **values)
        return Response(PassingSerializer(passed, many=True).data)


class AssignmentSerializer(serializers.ModelSerializer[RoleAssignment]):
    class Meta:
        model = RoleAssignment
        fields = ("id", "role", "person", "deputy", "workload_id", "from_on", "until_on", "standing", "confirmation")
        read_only_fields = fields


@extend_schema_serializer(component_name="RoleAssign")
class AssignSerializer(serializers.Serializer[Any]):
    person = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), allow_null=True, default=None)
    deputy = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), allow_null=True, default=None)
    from_on = serializers.DateField()
    until_on = serializers.DateField(allow_null=True, default=None, help_text="Last day, included")
    reason = TextField(max_length=300, allow_blank=True, default="", help_text="Needed where it began yesterday")


class EndSerializer(serializers.Serializer[Any]):
    last_day = serializers.DateField(help_text="Included; yesterday ends the role at once")


class RoleSerializer(serializers.Serializer[Any]):
    """A role with who holds it today for the whole organisation."""

    key = serializers.CharField(source="role.key")
    name = serializers.CharField(source="role.name")
    duties = serializers.CharField(source="role.duties")
    rights = serializers.ListField(source="role.rights", child=serializers.CharField())
    present = AssignmentSerializer(many=True, help_text="In force today")
    coming = AssignmentSerializer(many=True)
    workloads = serializers.IntegerField(help_text="For how many workloads it is held one by one")
    missing = TextField(help_text="“vacant”, “deputy acting”, “no deputy”, or empty")


class RoleViewSet(GenericViewSet[Role]):
    """Roles are shipped; here they are given for the whole organisation, and ended."""

    rule = SIGNED_IN
    queryset = Role.objects.all()
    serializer_class: Any = RoleSerializer
    filter_backends = ()
    pagination_class = None

    @extend_schema(responses=RoleSerializer(many=True))
    def list(self, request: Request) -> Response:
        found = posts(on=organisation_today(timezone.now()))
        return Response(RoleSerializer(found, many=True).data)

    @extend_schema(responses=AssignmentSerializer(many=True))
    @action(detail=False)
    def assignments(self, request: Request) -> Response:
        """Every assignment for the whole organisation, past ones included, newest first."""
        found = RoleAssignment.objects.filter(workload_id__isnull=True).order_by("-from_on", "-id")
        return Response(AssignmentSerializer(found, many=True).data)

    @extend_schema(request=AssignSerializer, responses={201: AssignmentSerializer})
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        role, by = self.get_object(), _person(request)
        by.require(Permission.ASSIGN_ROLES)  # before anything is said about people that she may not see
        values = _values(AssignSerializer(data=request.data))
        assignment = services.assign_role(by=by, at=timezone.now(), role=role, **values)
        return Response(AssignmentSerializer(assignment).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=EndSerializer,
        responses=AssignmentSerializer,
        parameters=[OpenApiParameter("assignment", int, OpenApiParameter.PATH)],
    )
    @action(detail=False, methods=["post"], url_path=r"assignments/(?P<assignment>[0-9]{1,18})/end")
    def end(self, request: Request, assignment: str) -> Response:
        """End a role after a last day."""
        held = get_object_or_404(RoleAssignment, pk=int(assignment), workload_id__isnull=True)
        last_day = _values(EndSerializer(data=request.data))["last_day"]
        services.end_role(assignment=held, by=_person(request), at=timezone.now(), last_day=last_day)
        held.refresh_from_db()
        return Response(AssignmentSerializer(held).data)


def _values(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values | ({"teams": tuple(values["teams"])} if "teams" in values else {})


def _person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise TypeError("this view needs a rule that asks for a signed-in person")
    return request.user
