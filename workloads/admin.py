from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from people.permissions import Permission
from people.reference_admin import ReadOnlyAdmin, ReferenceAdmin
from workloads.models import Classification, Reaffirmation, SigningRule, Tier, Workload


@admin.register(Tier)
class TierAdmin(ReferenceAdmin):
    list_display = ("level", "name", "slo_words", "rto_seconds", "rpo_seconds", "review_days", "drill_days")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # levels are what filters, signing rules and drills are written against

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("level",)


@admin.register(SigningRule)
class SigningRuleAdmin(ReferenceAdmin):
    list_display = ("tier", "position", "role", "meaning")
    list_filter = ("tier",)


@admin.register(Workload)
class WorkloadAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("name", "reference", "owner_team", "lifecycle", "tier_now")
    list_filter = ("lifecycle", "owner_team")
    search_fields = ("name", "reference")


@admin.register(Classification)
class ClassificationAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("workload", "tier", "state", "proposed_at", "review_due_on")
    list_filter = ("state", "tier")
    search_fields = ("workload__name",)
    list_select_related = ("workload", "tier")


@admin.register(Reaffirmation)
class ReaffirmationAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("classification", "reaffirmed_by", "reaffirmed_at", "was_due_on", "next_due_on")
    list_select_related = ("classification__workload", "reaffirmed_by")
