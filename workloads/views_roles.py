"""Who acts for one workload."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Invalid
from people.access import SIGNED_IN, rule, signed_in
from people.confirmations import what_is_missing
from people.models import RoleAssignment, organisation_today
from people.permissions import Permission
from people.services import assign_role, end_role
from workloads.forms import AssignForm, EndRoleForm, show_refusal
from workloads.rights import settle_rights
from workloads.views_workload import need, workload_for


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a role for this workload; the rights on it follow at once."""
    workload, user, at = workload_for(request, pk), signed_in(request), timezone.now()
    need(user, Permission.ASSIGN_ROLES)
    today = organisation_today(at)
    form = AssignForm(request.POST or None, initial={"from_on": today, "role": request.GET.get("role")})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                given = assign_role(by=user, at=at, workload_id=workload.pk, **form.cleaned_data)
                settle_rights(at=at, workload_id=workload.pk)
        except Invalid as error:
            show_refusal(form, error)
        else:
            done, waits = f"{given.role} for {workload.name} is assigned.", what_is_missing(given, at)
            messages.add_message(request, messages.WARNING if waits else messages.SUCCESS, waits or done)
            return redirect("workloads:assign", pk=workload.pk)
    held = RoleAssignment.objects.given().filter(workload_id=workload.pk).select_related("role", "person", "deputy")
    context = {"workload": workload, "form": form, "held": held.exclude(until_on__lt=today), "today": today}
    return render(request, "workloads/assign.html", context, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """End a role after its last day; asked on a page of its own, because rights go with it."""
    workload, user, at = workload_for(request, pk), signed_in(request), timezone.now()
    need(user, Permission.ASSIGN_ROLES)
    held = RoleAssignment.objects.select_related("role", "person", "deputy")
    assignment = get_object_or_404(held, pk=assignment_pk, workload_id=workload.pk)
    form = EndRoleForm(request.POST or None, initial={"last_day": organisation_today(at)})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                end_role(assignment=assignment, by=user, at=at, **form.cleaned_data)
                settle_rights(at=at, workload_id=workload.pk)
        except Invalid as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{assignment.role} ends after {form.cleaned_data['last_day']:%-d %b %Y}.")
            return redirect("workloads:assign", pk=workload.pk)
    context = {"workload": workload, "form": form, "assignment": assignment}
    return render(request, "workloads/end_role.html", context, status=422 if form.errors else 200)
