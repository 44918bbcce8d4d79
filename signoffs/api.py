"""Sign-offs in JSON. Reading works with a token; signing asks for a person: a session with a fresh proof."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from people.access import SIGNED_IN, SeenRows
from people.fields import YesNoFilter
from people.models import User, organisation_today
from people.reauthentication import person_and_proof
from people.texts import TextField
from signoffs import services
from signoffs.models import Request, Signature, Slot
from signoffs.queries import requests_for, slots_waiting_for
from signoffs.subjects import kinds


class SignatureSerializer(serializers.ModelSerializer[Signature]):
    """A signature as it was given; nothing in it ever changes."""

    class Meta:
        model = Signature
        fields = ("id", "signer", "printed_name", "printed_role", "meaning", "signed_at", "method", "digest")
        read_only_fields = fields


class SlotSerializer(serializers.ModelSerializer[Slot]):
    """A signature that is asked for; `signature` is null until it is given."""

    signature = serializers.SerializerMethodField()

    class Meta:
        model = Slot
        fields = ("position", "role", "meaning", "signature")
        read_only_fields = fields

    @extend_schema_field(SignatureSerializer(allow_null=True))
    def get_signature(self, slot: Slot) -> dict[str, Any] | None:
        return SignatureSerializer(slot.signature).data if slot.is_signed else None


class FactSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    label: Any = serializers.CharField()
    value = TextField(allow_blank=True)


class TextSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    heading = serializers.CharField()
    text = serializers.CharField()


class DocumentSerializer(serializers.Serializer[Any]):
    """What is signed. The digest is the SHA-256 of this object as JSON with sorted keys and no spaces, in UTF-8."""

    format = serializers.IntegerField()
    title = serializers.CharField()
    summary = serializers.CharField()
    facts = FactSerializer(many=True)
    texts = TextSerializer(many=True)


@extend_schema_serializer(component_name="Signoff")
class RequestSerializer(serializers.ModelSerializer[Request]):
    document = DocumentSerializer(read_only=True)
    slots = SlotSerializer(many=True, read_only=True)

    class Meta:
        model = Request
        fields = (
            "id", "subject_type", "subject_id", "workload_id", "title", "state", "document", "text", "digest", "previous",
            "requested_at", "requested_by", "proposed_by", "one_per_person", "due_on", "closed_at", "closed_by",
            "closing_reason", "slots",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "proposed_by": {"help_text": "Whose proposal it is; never its only signer"},
            "one_per_person": {"help_text": "Each signature is another person's"},
        }


class SignSerializer(serializers.Serializer[Any]):
    digest = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="Digest of the document that was read")
    role = TextField(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text="Key of the role to sign in; left out: of several the one that nobody else can fill",
    )


class RejectSerializer(serializers.Serializer[Any]):
    reason = TextField(max_length=2000, help_text="Read by the proposer and everybody who was asked")


class RequestFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(choices=Request.State.choices)
    subject_type = django_filters.ChoiceFilter(choices=[(kind, kind) for kind in kinds()], label="Kind of thing")
    workload_id = django_filters.NumberFilter(min_value=1, max_value=2**63 - 1, label="Workload, by its number")
    waiting_for_me = YesNoFilter(method="filter_waiting", label="Only what I may sign now")

    class Meta:
        model = Request
        fields: tuple[str, ...] = ()

    def filter_waiting(self, found: QuerySet[Request], name: str, value: bool) -> QuerySet[Request]:
        waiting = slots_waiting_for(self.request.user, on=organisation_today(timezone.now())).order_by()
        ids = waiting.values("request")
        return found.filter(pk__in=ids) if value else found.exclude(pk__in=ids)


class RequestViewSet(SeenRows, ReadOnlyModelViewSet[Request]):
    """Documents that are or were out for signature, newest first."""

    rule = SIGNED_IN
    queryset = Request.objects.all()
    serializer_class = RequestSerializer
    filterset_class: Any = RequestFilter
    ordering_fields = ("requested_at", "due_on", "id")
    ordering = ("-requested_at", "-id")

    def seen(self, user: User) -> QuerySet[Request]:
        found = requests_for(user, on=organisation_today(timezone.now()))
        return found.prefetch_related("slots__signature")

    @extend_schema(request=SignSerializer, responses=RequestSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: ApiRequest, pk: str) -> Response:
        """Sign as yourself. Needs a signed-in session that was re-authenticated in the last five minutes; no token."""
        signoff, data = self.get_object(), _valid(SignSerializer, request)
        by, proof = person_and_proof(request)
        role = data.get("role", "")
        services.sign(request=signoff, by=by, at=timezone.now(), proof=proof, digest=data["digest"], role=role)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=RejectSerializer, responses=RequestSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: ApiRequest, pk: str) -> Response:
        """Refuse to sign, with a reason. Needs the same proof as signing."""
        signoff, data = self.get_object(), _valid(RejectSerializer, request)
        by, proof = person_and_proof(request)
        services.reject(request=signoff, by=by, at=timezone.now(), proof=proof, reason=data["reason"])
        return Response(self.get_serializer(self.get_object()).data)


def _valid(serializer_class: type[serializers.Serializer[Any]], request: ApiRequest) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data
