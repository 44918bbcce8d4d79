"""Pages of the register of third parties."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import Invalid, WrongState
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from workloads.dependencies import services
from workloads.dependencies.forms import ThirdPartyForm
from workloads.dependencies.queries import name_who_needs, third_parties_for, who_needs
from workloads.forms import show_refusal
from workloads.models import ThirdParty
from workloads.parts import mark
from workloads.views_workload import need
from workloads.writing import Stale

A_PAGE = 50


def _third_party(request: HttpRequest, pk: int) -> ThirdParty:
    """For everybody who may see any workload; not found otherwise."""
    return get_object_or_404(third_parties_for(signed_in(request)).select_related("contact"), pk=pk)


@rule(SIGNED_IN)
@require_GET
def third_parties(request: HttpRequest) -> HttpResponse:
    """Services that somebody outside runs: what is promised, until when, and who needs them."""
    user = signed_in(request)
    page = Paginator(third_parties_for(user).select_related("contact"), A_PAGE).get_page(request.GET.get("page"))
    name_who_needs(page.object_list, user)
    return render(request, "workloads/dependencies/third_parties.html", {"page": page, **_of_reader(request)})


@rule(SIGNED_IN)
@require_GET
def third_party(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: the promise, whom to call, and everybody who needs it."""
    found = _third_party(request, pk)
    needs, hidden = who_needs(found, signed_in(request))
    context = {"party": found, "needs": needs, "hidden": hidden, **_of_reader(request)}
    return render(request, "workloads/dependencies/third_party.html", context)


def _of_reader(request: HttpRequest) -> dict[str, Any]:
    user = signed_in(request)
    return {
        "today": organisation_today(timezone.now()),
        "may_change": user.may(Permission.ADD_WORKLOADS),
        "may_call": user.may(Permission.VIEW_PEOPLE),
    }


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def add_third_party(request: HttpRequest) -> HttpResponse:
    need(signed_in(request), Permission.ADD_WORKLOADS)
    form = ThirdPartyForm(request.POST or None)
    context = {"form": form, "title": "Add a third party", "button": "Add"}
    return _form_page(request, services.add_third_party, context)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change_third_party(request: HttpRequest, pk: int) -> HttpResponse:
    found = _third_party(request, pk)
    need(signed_in(request), Permission.ADD_WORKLOADS)
    form = ThirdPartyForm(request.POST or None, initial=ThirdPartyForm.described(found))

    def deed(**values: Any) -> None:
        services.change_third_party(third_party=found, seen=request.POST.get("seen", ""), **values)

    context = {"form": form, "title": f"Change {found}", "button": "Save", "party": found}
    return _form_page(request, deed, context)


def _form_page(request: HttpRequest, deed: Any, context: dict[str, Any]) -> HttpResponse:
    form, is_stale = context["form"], False
    if request.method == "POST" and form.is_valid():
        try:
            deed(by=signed_in(request), at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
            is_stale = isinstance(error, Stale)
        else:
            messages.success(request, "Written down.")
            return redirect("workloads:third-parties")
    if party := context.get("party"):
        context["seen"] = mark(request, party, services.THIRD_PARTY, is_stale=is_stale)
    page = "workloads/dependencies/third_party_form.html"
    return render(request, page, context, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def remove_third_party(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked on a page of its own, which names who needs it while somebody does."""
    found, user = _third_party(request, pk), signed_in(request)
    need(user, Permission.ADD_WORKLOADS)
    if request.method == "POST":
        try:
            services.remove_third_party(third_party=found, by=user, at=timezone.now())
        except WrongState as error:
            messages.error(request, error.message)
            return redirect(found)
        messages.success(request, "Removed.")
        return redirect("workloads:third-parties")
    needs, hidden = who_needs(found, user)
    context = {"party": found, "needs": needs, "hidden": hidden}
    return render(request, "workloads/dependencies/remove_third_party.html", context)
