"""Roles of the whole organisation: who holds them, and what is vacant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import Invalid
from audit.spreadsheets import table_response
from people import services
from people.access import SIGNED_IN, rule, signed_in
from people.confirmations import what_is_missing
from people.forms import AssignForm, EndRoleForm, show_refusal
from people.models import Role, RoleAssignment, organisation_today
from people.permissions import Permission
from people.queries import Post, posts
from people.views import tabs

HEADER = (
    "role", "what it is for", "rights", "missing", "workloads held for", "holder", "holder can sign in", "deputy",
    "deputy can sign in", "from", "until",
)  # fmt: skip


@rule(SIGNED_IN)
@require_GET
def list_roles(request: HttpRequest) -> HttpResponse:
    """Each role as a job description, with who holds it."""
    found = posts(on=organisation_today(timezone.now()))
    return render(request, "people/roles.html", tabs(request) | {"tab": "roles", "posts": found})


@rule(SIGNED_IN)
@require_GET
def export_roles(request: HttpRequest) -> HttpResponseBase:
    """The same as a table: a line for each assignment, and one for a role that nobody holds for the organisation."""
    today = organisation_today(timezone.now())
    rows = [_row(post, held) for post in posts(on=today) for held in _assignments(post)]
    return table_response(request, f"roles-{today:%Y-%m-%d}", HEADER, [rows])


def _assignments(post: Post) -> Sequence[RoleAssignment | None]:
    return [*post.present, *post.coming] or [None]


def _row(post: Post, held: RoleAssignment | None) -> list[Any]:
    of_role = [post.role.name, post.role.duties, "; ".join(post.rights), post.missing, post.workloads]
    if held is None:
        return [*of_role, *[None] * 6]
    (holder, comes), (deputy, deputy_comes) = (
        (one.name, one.is_active) if one is not None else (None, None) for one in (held.person, held.deputy)
    )
    return [*of_role, holder, comes, deputy, deputy_comes, held.from_on, held.until_on]


@rule(Permission.ASSIGN_ROLES)
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, key: str) -> HttpResponse:
    role, at = get_object_or_404(Role, pk=key), timezone.now()
    form = AssignForm(request.POST or None, initial={"from_on": organisation_today(at)})
    if request.method == "POST" and form.is_valid():
        try:
            given = services.assign_role(by=signed_in(request), at=at, role=role, **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            done, waits = f"{role} is assigned from {given.from_on:%-d %b %Y}.", what_is_missing(given, at)
            messages.add_message(request, messages.WARNING if waits else messages.SUCCESS, waits or done)
            return redirect("people:roles")
    post = next(post for post in posts(on=organisation_today(at)) if post.role.pk == role.pk)
    context = {"form": form, "role": role, "post": post}
    return render(request, "people/assign.html", context, status=422 if form.errors else 200)


@rule(Permission.ASSIGN_ROLES)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an assignment after a last day; asked on a page of its own, because rights go with it."""
    held = RoleAssignment.objects.filter(workload_id__isnull=True).select_related("role", "person", "deputy")
    assignment, at = get_object_or_404(held, pk=pk), timezone.now()
    form = EndRoleForm(request.POST or None, initial={"last_day": organisation_today(at)})
    if request.method == "POST" and form.is_valid():
        try:
            services.end_role(assignment=assignment, by=signed_in(request), at=at, **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{assignment.role} ends after {form.cleaned_data['last_day']:%-d %b %Y}.")
            return redirect("people:roles")
    context = {"form": form, "assignment": assignment}
    return render(request, "people/end_role.html", context, status=422 if form.errors else 200)
