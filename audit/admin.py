from __future__ import annotations

from django.contrib import admin

from audit.models import Event, Seal
from audit.read_only_admin import ReadOnlyAdmin


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    right = "audit.view_event"
    list_display = ("at", "get_kind_display", "actor_name", "door", "subject_name", "seal_or_none")
    list_filter = ("door",)
    list_select_related = ("seal",)
    search_fields = ("subject_name", "actor_name", "=thread")
    ordering = ("-id",)


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    right = "audit.view_event"
    list_display = ("position", "hex", "event", "sealed_at")
    list_select_related = ("event",)
    fields = ("position", "event", "encoding", "hex", "sealed_at")
    ordering = ("-position",)
