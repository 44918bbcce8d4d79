"""Pages of user flows, components and failure modes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from people.access import SIGNED_IN, rule
from workloads.views_workload import workload_for


@rule(SIGNED_IN)
@require_GET
def flows(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "workloads/flows/flows.html", {"workload": workload_for(request, pk)})


@rule(SIGNED_IN)
@require_GET
def failure_modes(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "workloads/flows/failure_modes.html", {"workload": workload_for(request, pk)})
