"""Saved views: keep one, rename or share it, remove it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.errors import DeedError, Invalid
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from workloads.forms import show_refusal
from workloads.models import SavedView
from workloads.question import Question
from workloads.saved.forms import ViewForm
from workloads.saved.services import change_view, remove_view, save_view, take_back_view


@rule(SIGNED_IN)
@require_GET
def list_views(request: HttpRequest) -> HttpResponse:
    """One's own views, then what others share."""
    user = signed_in(request)
    seen = list(SavedView.objects.visible_to(user).select_related("owner"))
    context = {
        "own": [view for view in seen if view.owner_id == user.pk],
        "others": [view for view in seen if view.owner_id != user.pk],
        "may_take_back": user.may(Permission.TAKE_BACK_VIEWS),
    }
    return render(request, "workloads/saved/list.html", context)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Keep what the address asks the register."""
    user, now = signed_in(request), timezone.now()
    question = Question(request.GET, user, organisation_today(now))
    form = ViewForm(request.POST or None, may_share=user.may(Permission.SHARE_VIEWS))
    if request.method == "POST" and form.is_valid():
        try:
            view = save_view(by=user, at=now, query=question.kept, **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect(view)
    found = question.rows.count()
    context = {"form": form, "found": found, "back": f"{reverse('workloads:list')}?{request.GET.urlencode()}"}
    return render(request, "workloads/saved/form.html", context, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    view = get_object_or_404(SavedView, pk=pk, owner=user)
    # Who may no longer share can still stop sharing.
    may_share = view.is_shared or user.may(Permission.SHARE_VIEWS)
    form = ViewForm(request.POST or None, initial={"name": view.name, "is_shared": view.is_shared}, may_share=may_share)
    if request.method == "POST" and form.is_valid():
        try:
            change_view(view=view, by=user, at=timezone.now(), **{"is_shared": False, **form.cleaned_data})
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect("workloads:views")
    context = {"form": form, "view": view, "back": reverse("workloads:views")}
    return render(request, "workloads/saved/form.html", context, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    view = get_object_or_404(SavedView, pk=pk, owner=user)
    try:
        remove_view(view=view, by=user, at=timezone.now())
    except DeedError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"“{view.name}” is gone.")
    return redirect("workloads:views")


@rule(Permission.TAKE_BACK_VIEWS)
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    view = get_object_or_404(SavedView.objects.visible_to(user), pk=pk)
    take_back_view(view=view, by=user, at=timezone.now())
    messages.success(request, f"“{view.name}” is shared no longer. {view.owner} is told.")
    return redirect("workloads:views")
