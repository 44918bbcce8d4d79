"""Messages in JSON: what was told, to whom, and what became of it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from communications import queries, services
from communications.filters import MessageApiFilter
from communications.models import Delivery, Message
from people.access import SIGNED_IN, SeenRows
from people.models import User


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One copy, to one address."""

    recipient = serializers.CharField(read_only=True, help_text="Name of the person or contact")
    message_id = serializers.SerializerMethodField(help_text="Number of the message")
    reference = serializers.UUIDField(read_only=True, help_text="Left part of the e-mail's Message-ID")
    digest_id = serializers.SerializerMethodField(help_text="Number of the daily digest that lists it")

    class Meta:
        model = Delivery
        fields = (
            "id", "message_id", "recipient", "user", "contact", "address", "state", "attempts", "next_try_at",
            "started_at", "sent_at", "flagged_copy", "last_error", "reference", "digest_id",
        )  # fmt: skip
        read_only_fields = fields

    def get_message_id(self, delivery: Delivery) -> int:
        return delivery.message_id

    def get_digest_id(self, delivery: Delivery) -> int | None:
        return delivery.digest_id


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message with the copies of it that you may see."""

    subject = serializers.CharField(source="subject_line", read_only=True)
    deliveries = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ("id", "purpose", "subject", "body", "path", "thread", "created_at", "created_by", "deliveries")
        read_only_fields = fields

    @extend_schema_field(DeliverySerializer(many=True))
    def get_deliveries(self, message: Message) -> Any:
        return DeliverySerializer(message.seen, many=True).data  # type: ignore[attr-defined]


class MessageViewSet(SeenRows, ReadOnlyModelViewSet[Message]):
    """Messages, newest first: all of them with the right to see every message, else those to yourself."""

    rule = SIGNED_IN
    queryset = Message.objects.all()
    serializer_class = MessageSerializer
    filterset_class: Any = MessageApiFilter
    ordering_fields = ("id", "created_at")
    ordering = ("-id",)

    def seen(self, user: User) -> QuerySet[Message]:
        return queries.with_deliveries(Message.objects.visible_to(user), reader=user)

    @extend_schema(
        request=None,
        responses=DeliverySerializer,
        parameters=[OpenApiParameter("delivery", int, OpenApiParameter.PATH)],
    )
    @action(detail=False, methods=["post"], url_path=r"deliveries/(?P<delivery>[0-9]{1,18})/retry")
    def retry(self, request: Request, delivery: str) -> Response:
        """Send a failed copy again."""
        if not isinstance(request.user, User):
            raise TypeError("this view needs a rule that asks for a signed-in person")
        found = get_object_or_404(Delivery.objects.visible_to(request.user), pk=int(delivery))
        services.retry(delivery=found, by=request.user, at=timezone.now())
        found.refresh_from_db()
        return Response(DeliverySerializer(found).data)
