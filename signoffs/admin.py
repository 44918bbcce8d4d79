from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from audit.read_only_admin import ReadOnlyAdmin
from people.permissions import Permission
from signoffs.models import Request, Signature, Slot

if TYPE_CHECKING:
    SlotInline_ = admin.TabularInline[Slot, Request]
else:
    SlotInline_ = admin.TabularInline


class SlotInline(SlotInline_):
    model = Slot
    fields = ("position", "role", "meaning", "signature")
    readonly_fields = fields
    extra = 0
    can_delete = False

    @admin.display(description="Signed by")
    def signature(self, slot: Slot) -> str:
        return str(slot.signature) if slot.is_signed else "–"

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_view_permission(self, request: object, obj: object = None) -> bool:
        return True  # the page itself has asked


@admin.register(Request)
class RequestAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("title", "state", "requested_by", "requested_at", "due_on", "closed_at")
    list_filter = ("state", "subject_type")
    list_select_related = ("requested_by",)
    search_fields = ("title", "digest")
    inlines = (SlotInline,)


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("printed_name", "printed_role", "signed_at", "method", "digest")
    list_filter = ("method",)
    search_fields = ("printed_name", "digest")
