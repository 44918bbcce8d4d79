"""Waivers: of one workload, of all, one of them; asking for one and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import DeedError, Invalid
from audit.spreadsheets import in_batches, table_response
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from signoffs.queries import standing
from workloads.forms import show_refusal
from workloads.gates import services
from workloads.gates.forms import WaiverForm
from workloads.gates.queries import of_workload, open_targets_of, outgrown, waivers_for, with_asked
from workloads.models import Waiver
from workloads.views_workload import need, workload_for

PER_PAGE = 50
VIEWS = {
    "": ("In force", [Waiver.State.GRANTED]),
    "asked": ("Asked for", [Waiver.State.REQUESTED]),
    "past": ("Past", [Waiver.State.REJECTED, Waiver.State.WITHDRAWN, Waiver.State.LAPSED]),
}
EXPORT_HEADER = (
    "waiver", "workload", "reference", "what is waived", "state", "reason", "conditions", "ends on", "asked by",
    "asked at (UTC)", "granted by", "granted at (UTC)",
)  # fmt: skip
RELATED = ("workload__owner_team", "requested_by", "granted_by", "closed_by", "request")


@rule(SIGNED_IN)
@require_GET
def list_waivers(request: HttpRequest) -> HttpResponse:
    """Those of every workload this person may see, by where they stand; what ends first comes first."""
    user, today = signed_in(request), organisation_today(timezone.now())
    view = request.GET.get("view", "")
    view = view if view in VIEWS else ""
    found = waivers_for(user).filter(state__in=VIEWS[view][1]).select_related(*RELATED)
    found = found.order_by("-requested_at", "-pk") if view == "past" else found.order_by("ends_on", "pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    views = [(key, label) for key, (label, _) in VIEWS.items()]
    return render(request, "workloads/gates/list.html", {"page": page, "view": view, "views": views, "today": today})


@rule(SIGNED_IN)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Every waiver that this person may see, past ones too, as a table."""
    found = waivers_for(signed_in(request)).select_related(*RELATED).order_by("pk").iterator(chunk_size=500)
    rows = (
        [
            w.pk, w.workload.name, w.workload.reference, w.title, w.get_state_display(), w.reason, w.conditions, w.ends_on,
            w.requested_by.name, w.requested_at, w.granted_by.name if w.granted_by is not None else "", w.granted_at,
        ]
        for w in found
    )  # fmt: skip
    name = f"waivers-{organisation_today(timezone.now()):%Y-%m-%d}"
    return table_response(request, name, EXPORT_HEADER, in_batches(rows))


@rule(SIGNED_IN)
@require_GET
def of_one(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands against the target of a workload, and its waivers: in force, asked for, past."""
    workload, user, today = workload_for(request, pk), signed_in(request), organisation_today(timezone.now())
    waivers = list(workload.waivers.select_related(*RELATED))
    context = {
        "workload": workload,
        "found": with_asked(of_workload(workload, today=today, viewer=user), workload),
        "groups": [(label, [w for w in waivers if w.state in states]) for label, states in VIEWS.values()],
        "may_ask": user.may(Permission.PROPOSE, workload),
        "today": today,
    }
    return render(request, "workloads/gates/of_one.html", context)


@rule(SIGNED_IN)
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What is waived, why, under which conditions, until when, and who signs."""
    waiver, user, today = _waiver_for(request, pk), signed_in(request), organisation_today(timezone.now())
    context = {
        "waiver": waiver,
        "workload": waiver.workload,
        "signoff": waiver.request,
        "standing": standing(waiver.request, user=user, on=today) if waiver.request is not None else None,
        "holds": waiver.holds(today),
        "outgrown": outgrown(waiver, today=today, viewer=user) if waiver.holds(today) else "",
        "may_ask": user.may(Permission.PROPOSE, waiver.workload),
        "targets": open_targets_of(waiver.workload),
        "may_withdraw": waiver.can("withdraw") and user.may(Permission.PROPOSE, waiver.workload),
        "today": today,
    }
    return render(request, "workloads/gates/waiver.html", context)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a waiver of the finding that the address names."""
    workload, user, at = workload_for(request, pk), signed_in(request), timezone.now()
    need(user, Permission.PROPOSE, workload)
    key = request.GET.get("finding", "")
    form = WaiverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            waiver = services.request_waiver(workload=workload, by=user, at=at, finding=key, **given)
        except Invalid as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Asked. The executive sponsor has a message now.")
            return redirect(waiver)
    known = of_workload(workload, today=organisation_today(at), viewer=user)
    finding = next((one.finding for one in known if one.finding.key == key and one.blocks), None)
    if finding is None and not form.errors:
        messages.info(request, "Nothing of this kind blocks now, so there is nothing to waive.")
        return redirect("workloads:waivers-of", workload.pk)
    context = {"workload": workload, "form": form, "finding": finding}
    return render(request, "workloads/gates/ask.html", context, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked on a page of its own: what was signed under it is looked at again."""
    waiver, user = _waiver_for(request, pk), signed_in(request)
    need(user, Permission.PROPOSE, waiver.workload)
    if request.method == "POST":
        try:
            services.withdraw_waiver(waiver=waiver, by=user, at=timezone.now())
        except DeedError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "Withdrawn. The finding counts again.")
        return redirect(waiver)
    if not waiver.can("withdraw"):
        return redirect(waiver)
    return render(request, "workloads/gates/withdraw.html", {"waiver": waiver, "workload": waiver.workload})


def _waiver_for(request: HttpRequest, pk: int) -> Waiver:
    """The waiver when this person may see its workload; not found otherwise."""
    return get_object_or_404(waivers_for(signed_in(request)).select_related(*RELATED), pk=pk)
