from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from audit.filters import EventFilter
from audit.models import Event


class EventSerializer(serializers.ModelSerializer[Event]):
    what = serializers.CharField(source="get_kind_display", read_only=True, help_text="The kind in words")
    position = serializers.SerializerMethodField(help_text="Place in the chain; null until sealed")
    digest = serializers.SerializerMethodField(help_text="Digest at that place, hexadecimal; null until sealed")

    class Meta:
        model = Event
        fields = (
            "id", "at", "kind", "what", "actor_id", "actor_name", "door", "subject_type", "subject_id", "subject_name",
            "thread", "before", "after", "position", "digest",
        )  # fmt: skip
        read_only_fields = fields

    def get_position(self, event: Event) -> int | None:
        return event.seal_or_none.position if event.seal_or_none else None

    def get_digest(self, event: Event) -> str | None:
        return event.seal_or_none.hex if event.seal_or_none else None


class EventViewSet(ReadOnlyModelViewSet[Event]):
    """The trail, newest first. Nothing can be written here: lines come from deeds."""

    rule = "audit.view_event"
    queryset = Event.objects.select_related("seal")
    serializer_class = EventSerializer
    filterset_class: Any = EventFilter
    ordering_fields = ("id", "at")
    ordering = ("-id",)
