"""Pages of user flows, components and failure modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from workloads.flows import components, services
from workloads.flows.forms import ComponentForm, FailureModeForm, FlowForm, RegisterForm
from workloads.flows.queries import (
    components_for,
    components_of,
    failure_modes_for,
    failure_modes_of,
    flows_for,
    flows_of,
)
from workloads.models import Component, FailureMode, UserFlow, Workload
from workloads.naming import HIDDEN
from workloads.parts import form_page, removal_page
from workloads.queries import targets_of, waived_of
from workloads.views_workload import need, workload_for


def _flow(request: HttpRequest, pk: int) -> UserFlow:
    return get_object_or_404(flows_for(signed_in(request)).select_related("workload__owner_team"), pk=pk)


def _component(request: HttpRequest, pk: int) -> Component:
    return get_object_or_404(components_for(signed_in(request)).select_related("workload__owner_team"), pk=pk)


def _mode(request: HttpRequest, pk: int) -> FailureMode:
    return get_object_or_404(failure_modes_for(signed_in(request)).select_related("workload__owner_team"), pk=pk)


@rule(SIGNED_IN)
@require_GET
def flows(request: HttpRequest, pk: int) -> HttpResponse:
    """What it does for whom, and what it is made of."""
    workload, user = workload_for(request, pk), signed_in(request)
    found = flows_of(workload, user)
    targets = targets_of(workload)
    context = {
        "workload": workload,
        "flows": found,
        "critical": sum(flow.is_critical for flow in found),
        "components": list(components_of(workload, user)),
        "hidden": HIDDEN,
        "target": targets.in_force or targets.open,
        "waived_until": waived_of(workload.pk, on=organisation_today(timezone.now())),
        "may_change": user.may(Permission.CHANGE_WORKLOADS, workload),
    }
    return render(request, "workloads/flows/flows.html", context)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def add_flow(request: HttpRequest, pk: int) -> HttpResponse:
    workload = workload_for(request, pk)
    form = FlowForm(request.POST or None, workload=workload, user=signed_in(request))
    deed = _adding(request, services.add_flow, workload)
    return form_page(request, workload, form, deed, page="flows", title="Add a user flow", button="Add")


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change_flow(request: HttpRequest, pk: int) -> HttpResponse:
    flow = _flow(request, pk)
    given: dict[str, Any] = {"workload": flow.workload, "user": signed_in(request)}
    form = FlowForm(request.POST or None, initial=FlowForm.described(flow), **given)
    deed = _changing(request, services.change_flow, flow=flow)
    return form_page(
        request, flow.workload, form, deed, page="flows", title=f"Change {flow}", button="Save",
        written=(flow, services.FLOW), remove=("workloads:remove-flow", flow.pk),
    )  # fmt: skip


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def remove_flow(request: HttpRequest, pk: int) -> HttpResponse:
    flow = _flow(request, pk)
    said = "It is taken out of the analysis. Failure modes that hit it stay; the trail keeps what was written."
    return removal_page(
        request, flow, lambda: services.remove_flow(flow=flow, by=signed_in(request), at=timezone.now()),
        page="flows", what="the user flow", said=said,
    )  # fmt: skip


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def add_component(request: HttpRequest, pk: int) -> HttpResponse:
    workload = workload_for(request, pk)
    deed = _adding(request, components.add_component, workload)
    form = ComponentForm(request.POST or None)
    return form_page(request, workload, form, deed, page="flows", title="Add a component", button="Add")


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change_component(request: HttpRequest, pk: int) -> HttpResponse:
    component = _component(request, pk)
    form = ComponentForm(request.POST or None, initial=ComponentForm.described(component))
    deed = _changing(request, components.change_component, component=component)
    return form_page(
        request, component.workload, form, deed, page="flows", title=f"Change {component}", button="Save",
        written=(component, components.COMPONENT), remove=("workloads:remove-component", component.pk),
    )  # fmt: skip


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def remove_component(request: HttpRequest, pk: int) -> HttpResponse:
    component = _component(request, pk)
    said = "It is taken out of the user flows that use it."
    if component.own_id is not None:
        said += " The workload that it became stays in the register, and stays needed until that dependency is removed."
    return removal_page(
        request, component,
        lambda: components.remove_component(component=component, by=signed_in(request), at=timezone.now()),
        page="flows", what="the component", said=said,
    )  # fmt: skip


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def register_component(request: HttpRequest, pk: int) -> HttpResponse:
    """A component becomes a workload of its own, so that it can have its own target."""
    component = _component(request, pk)
    workload = component.workload
    need(signed_in(request), Permission.CHANGE_WORKLOADS, workload)
    if component.own_id is not None:
        return redirect("workloads:flows", workload.pk)
    initial = {"name": f"{workload.name} {component.name}"[:120], "purpose": component.note}
    form = RegisterForm(request.POST or None, initial=initial)
    deed = _changing(request, components.register_component, component=component)
    done = f"{component.name} is in the register now, and {workload.name} needs it. Next: propose its target."
    return form_page(
        request, workload, form, deed, page="flows", title=f"Classify {component} on its own", button="Put into the register",
        lead=f"It becomes a workload with its own target, signatures and drills, owned by {workload.owner_team}. "
        f"{workload.name} needs it from then on: hard, one after the other.",
        done=done,
    )  # fmt: skip


@rule(SIGNED_IN)
@require_GET
def failure_modes(request: HttpRequest, pk: int) -> HttpResponse:
    """How it can fail, the most pressing first."""
    workload, user = workload_for(request, pk), signed_in(request)
    found = failure_modes_of(workload)
    context = {
        "workload": workload,
        "ranked": found,
        "high": sum(ranked.priority == "high" for ranked in found),
        "may_change": user.may(Permission.CHANGE_WORKLOADS, workload),
    }
    return render(request, "workloads/flows/failure_modes.html", context)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def add_failure_mode(request: HttpRequest, pk: int) -> HttpResponse:
    workload = workload_for(request, pk)
    form = FailureModeForm(request.POST or None, workload=workload)
    deed = _adding(request, services.add_failure_mode, workload)
    return form_page(request, workload, form, deed, page="failure-modes", title="Add a failure mode", button="Add")


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change_failure_mode(request: HttpRequest, pk: int) -> HttpResponse:
    mode = _mode(request, pk)
    form = FailureModeForm(request.POST or None, workload=mode.workload, initial=FailureModeForm.described(mode))
    deed = _changing(request, services.change_failure_mode, mode=mode)
    return form_page(
        request, mode.workload, form, deed, page="failure-modes", title="Change a failure mode", button="Save",
        written=(mode, services.FAILURE_MODE), remove=("workloads:remove-failure-mode", mode.pk),
    )  # fmt: skip


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def remove_failure_mode(request: HttpRequest, pk: int) -> HttpResponse:
    mode = _mode(request, pk)
    return removal_page(
        request, mode,
        lambda: services.remove_failure_mode(mode=mode, by=signed_in(request), at=timezone.now()),
        page="failure-modes", what="the failure mode",
        said="It is taken out of the analysis. The trail keeps what was written.",
    )  # fmt: skip


def _adding(request: HttpRequest, deed: Callable[..., Any], workload: Workload) -> Callable[..., Any]:
    return _changing(request, deed, workload=workload)


def _changing(request: HttpRequest, deed: Callable[..., Any], **on: Any) -> Callable[..., Any]:
    return lambda **values: deed(by=signed_in(request), at=timezone.now(), **on, **values)
