from __future__ import annotations

import datetime as dt

from django.contrib import admin

from audit.models import Event, Seal
from audit.read_only_admin import ReadOnlyAdmin


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    right = "audit.view_event"
    list_display = ("time", "what", "actor_name", "door", "subject_name", "position")
    fields = (
        "time", "what", "kind", "actor_id", "actor_name", "door", "subject_type", "subject_id", "subject_name", "thread",
        "before", "after", "position",
    )  # fmt: skip
    list_filter = ("door",)
    list_select_related = ("seal",)
    search_fields = ("subject_name", "actor_name", "=thread")
    ordering = ("-id",)

    @admin.display(description="time (UTC)", ordering="at")
    def time(self, event: Event) -> str:
        """In UTC, unlike other times of the admin, which are in the reader's zone."""
        return f"{event.at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}"

    @admin.display(description="what")
    def what(self, event: Event) -> str:
        return event.get_kind_display()

    @admin.display(description="sealed at position")
    def position(self, event: Event) -> str:
        return str(event.seal_or_none.position) if event.seal_or_none else "not sealed yet"


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    right = "audit.view_event"
    list_display = ("position", "hex", "event", "sealed_at")
    list_select_related = ("event",)
    fields = ("position", "event", "encoding", "hex", "sealed_at")
    ordering = ("-position",)
