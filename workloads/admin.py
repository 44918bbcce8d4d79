from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from people.models import Confirmation, User
from people.permissions import Permission
from people.reference_admin import ConfirmedAdmin, ProvenAdmin, ReadOnlyAdmin, ReferenceAdmin, doer, stored
from workloads import signing_policy
from workloads.impact.admin import ImpactCategoryAdmin, ImpactPointAdmin
from workloads.models import (
    Classification,
    Component,
    Dependency,
    FailureMode,
    Reaffirmation,
    SigningRule,
    ThirdParty,
    Tier,
    UserFlow,
    Waiver,
    Workload,
)
from workloads.signing_rules import change_rule


@admin.register(Tier)
class TierAdmin(ProvenAdmin, ReferenceAdmin):
    """How targets are signed waits for a second person; the rest changes at once."""

    list_display = ("level", "name", "slo_words", "rto_seconds", "rpo_seconds", "review_days", "drill_days")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # levels are what filters, signing rules and drills are written against

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("level",)

    def save_model(self, request: HttpRequest, obj: Tier, form: Any, change: bool) -> None:
        wanted, before = {name: getattr(obj, name) for name in signing_policy.WORDS}, stored(obj)
        for name in wanted:
            setattr(obj, name, getattr(before, name))
        super().save_model(request, obj, form, change)
        self.say_waits(
            request,
            signing_policy.change_signing_policy(tier=obj, by=doer(request), at=timezone.now(), **wanted),
        )


@admin.register(SigningRule)
class SigningRuleAdmin(ConfirmedAdmin):
    list_display = ("tier", "position", "role", "meaning")
    list_filter = ("tier",)

    def ask_for(self, obj: SigningRule, *, by: User, at: dt.datetime, remove: bool) -> Confirmation | None:
        return change_rule(rule=obj, by=by, at=at, remove=remove)


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


@admin.register(Component)
class ComponentAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("name", "workload", "kind", "own")
    search_fields = ("name", "workload__name")
    list_select_related = ("workload", "own")


@admin.register(UserFlow)
class UserFlowAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("name", "workload", "is_critical", "rto_seconds", "rpo_seconds")
    list_filter = ("is_critical",)
    search_fields = ("name", "workload__name")
    list_select_related = ("workload",)


@admin.register(FailureMode)
class FailureModeAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("what", "workload", "component", "category", "severity", "likelihood", "noticed")
    list_filter = ("category",)
    search_fields = ("what", "workload__name")
    list_select_related = ("workload", "component")


@admin.register(Dependency)
class DependencyAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("workload", "needs", "third_party", "strength", "order")
    list_filter = ("strength", "order")
    search_fields = ("workload__name", "needs__name", "third_party__name")
    list_select_related = ("workload", "needs", "third_party")


@admin.register(ThirdParty)
class ThirdPartyAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("name", "vendor", "rto_seconds", "rpo_seconds", "promised_until_on", "has_failover")
    list_filter = ("has_failover",)
    search_fields = ("name", "vendor")


__all__ = ["ImpactCategoryAdmin", "ImpactPointAdmin"]


@admin.register(Waiver)
class WaiverAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_TRAIL
    list_display = ("workload", "title", "state", "ends_on", "requested_by")
    list_filter = ("state",)
    list_select_related = ("workload", "requested_by")
