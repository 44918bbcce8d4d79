"""The pages that all small things of a workload share: one to write, one to confirm a removal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from audit.errors import Invalid, WrongState
from people.access import signed_in
from people.permissions import Permission
from workloads.forms import show_refusal
from workloads.models import Workload
from workloads.views_workload import need
from workloads.writing import Shape, Stale, seen_as

LABELS = {"flows": "User flows", "failure-modes": "Failure modes", "dependencies": "Dependencies"}


def form_page(
    request: HttpRequest,
    workload: Workload,
    form: forms.Form,
    deed: Callable[..., Any],
    *,
    page: str,
    title: str,
    button: str,
    lead: str = "",
    done: str = "",
    remove: tuple[str, int] | None = None,
    written: tuple[models.Model, Shape] | None = None,
) -> HttpResponse:
    """Ask for the values and do the deed with them; then back to `page` of the workload, where the change shows.

    `written`: what is changed, as it was read for this page; the deed is told what the form was opened on, as `seen`.
    """
    need(signed_in(request), Permission.CHANGE_WORKLOADS, workload)
    is_stale = False
    if request.method == "POST" and form.is_valid():
        try:
            deed(**form.cleaned_data, **({"seen": request.POST.get("seen", "")} if written else {}))
        except Invalid as error:
            show_refusal(form, error)
            is_stale = isinstance(error, Stale)
        else:
            if done:
                messages.success(request, done)
            return redirect(f"workloads:{page}", workload.pk)
    context = {
        "workload": workload, "form": form, "title": title, "button": button, "lead": lead, "remove": remove,
        "back": f"workloads:{page}", "back_label": LABELS[page],
        "seen": mark(request, *written, is_stale=is_stale) if written else "",
    }  # fmt: skip
    return render(request, "workloads/part_form.html", context, status=422 if form.errors else 200)


def mark(request: HttpRequest, thing: models.Model, shape: Shape, *, is_stale: bool) -> str:
    """What the form was opened on. Who has been told that it is stale and saves again means to."""
    return seen_as(thing, shape) if is_stale or request.method != "POST" else request.POST.get("seen", "")


def removal_page(
    request: HttpRequest, thing: Any, deed: Callable[[], None], *, page: str, what: str, said: str
) -> HttpResponse:
    """Ask once more, on a page of its own, and remove it. What stands in the way is said there."""
    workload: Workload = thing.workload
    need(signed_in(request), Permission.CHANGE_WORKLOADS, workload)
    if request.method == "POST":
        try:
            deed()
        except WrongState as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "Removed.")
        return redirect(f"workloads:{page}", workload.pk)
    context = {
        "workload": workload, "name": str(thing), "what": what, "said": said,
        "back": f"workloads:{page}", "back_label": LABELS[page],
    }  # fmt: skip
    return render(request, "workloads/part_remove.html", context)
