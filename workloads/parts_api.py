"""The JSON that all small things of a workload share: list, one, add, change, remove; on the same deeds as the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from people.access import SIGNED_IN, SeenRows
from people.models import User
from people.texts import TextField
from people.wording import MAX_SECONDS
from workloads.filters import BIGGEST_KEY
from workloads.models import Workload

Things = Callable[[User], QuerySet[Any]]
TEXT_MAX = 2000


def seen_workloads(user: User) -> QuerySet[Workload]:
    return Workload.objects.visible_to(user)


class KeyOf(serializers.IntegerField):
    """The number of a thing that the caller may see; its value is the thing."""

    def __init__(self, things: Things, **kwargs: Any) -> None:
        self.things = things
        super().__init__(min_value=1, max_value=BIGGEST_KEY, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        number = super().to_internal_value(data)
        super().run_validators(number)
        user = self.context["request"].user
        found = self.things(user).filter(pk=number).first()
        if found is None:
            raise serializers.ValidationError("There is nothing with this number for you to choose.")
        return found

    def run_validators(self, value: Any) -> None:
        """The number was looked at before it became a thing."""


def keys_of(things: Things, help_text: str) -> serializers.ListField:
    return serializers.ListField(child=KeyOf(things), required=False, max_length=200, help_text=help_text)


def text(*, longest: int = TEXT_MAX, needed: bool = False, help_text: str = "") -> serializers.CharField:
    return TextField(max_length=longest, required=needed, allow_blank=not needed, help_text=help_text or None)


def seconds(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0, max_value=MAX_SECONDS, required=False, allow_null=True, help_text=help_text
    )


class Deeds(NamedTuple):
    """What may be done to a kind of thing: add one, change one, take one out."""

    add: Callable[..., Model]
    change: Callable[..., Any]
    remove: Callable[..., None] | None = None


class PartViewSet(SeenRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Any]):
    """A kind names its rows as the caller may see them, what is written, and its deeds."""

    rule = SIGNED_IN
    lookup_value_regex = "[0-9]+"
    ordering: Any = ("id",)
    ordering_fields: Any = ("id",)
    add_serializer: ClassVar[type[Serializer[Any]]]
    change_serializer: ClassVar[type[Serializer[Any]]]
    subject: ClassVar[str]  # what the deeds call it
    deeds: ClassVar[Deeds]
    queryset: Any

    def add(self, **values: Any) -> Model:
        return self.deeds.add(**values)

    def change(self, **values: Any) -> Any:
        return self.deeds.change(**values)

    def remove(self, **values: Any) -> None:
        if self.deeds.remove is None:
            raise NotImplementedError
        self.deeds.remove(**values)

    @property
    def doer(self) -> dict[str, Any]:
        return {"by": self.by, "at": timezone.now()}

    def sent(self, serializer_class: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data, partial=partial, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def shown(self, pk: Any, code: int = 200) -> Response:
        """The thing as it is now, whatever the deed did to it."""
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=code)

    def create(self, request: Request) -> Response:
        thing = self.add(**self.sent(self.add_serializer), **self.doer)
        return self.shown(thing.pk, 201)

    def partial_update(self, request: Request, pk: str) -> Response:
        thing = self.get_object()
        values = self.sent(self.change_serializer, partial=True)
        self.change(**{self.subject: thing}, **values, **self.doer)
        return self.shown(thing.pk)


class RemovablePartViewSet(PartViewSet):
    def destroy(self, request: Request, pk: str) -> Response:
        self.remove(**{self.subject: self.get_object()}, **self.doer)
        return Response(status=204)
