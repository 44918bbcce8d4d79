from __future__ import annotations

from django.contrib import admin

from audit.read_only_admin import ReadOnlyAdmin
from communications.models import Delivery, Message
from people.permissions import Permission


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_MESSAGES
    list_display = ("subject_line", "purpose", "thread", "created_at", "created_by")
    list_filter = ("purpose",)
    list_select_related = ("created_by",)
    search_fields = ("subject_line",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_MESSAGES
    list_display = ("message", "address", "state", "attempts", "sent_at", "flagged_copy", "last_error")
    list_filter = ("state", "flagged_copy")
    list_select_related = ("message",)
    search_fields = ("address",)
    exclude = ("lease_token", "lease_until")
