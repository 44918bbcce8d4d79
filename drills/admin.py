"""Drills, times and gaps in the admin: to read. What changes them passes through the services."""

from __future__ import annotations

from django.contrib import admin

from audit.read_only_admin import ReadOnlyAdmin
from drills.models import Action, Drill, Mark
from people.permissions import Permission


@admin.register(Drill)
class DrillAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_WORKLOADS
    list_display = ("workload", "kind", "window_start", "state", "rto_verdict", "rpo_verdict", "coordinator")
    list_filter = ("state", "kind", "rto_verdict", "rpo_verdict")
    list_select_related = ("workload", "coordinator")
    search_fields = ("workload__name",)


@admin.register(Mark)
class MarkAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_WORKLOADS
    list_display = ("drill", "what", "at", "grade", "recorded_by", "recorded_at")
    list_filter = ("grade", "what")
    list_select_related = ("drill__workload", "recorded_by")


@admin.register(Action)
class ActionAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_WORKLOADS
    list_display = ("title", "drill", "severity", "owner", "due_on", "state")
    list_filter = ("state", "severity")
    list_select_related = ("drill__workload", "owner")
    search_fields = ("title",)
