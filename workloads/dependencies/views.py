"""Pages of what a workload needs."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from workloads.chain.supposing import supposing
from workloads.dependencies import services
from workloads.dependencies.forms import DependencyForm
from workloads.dependencies.queries import (
    choices,
    dependencies_for,
    dependents_of,
    name_needs,
    needs_of,
    third_parties_for,
)
from workloads.models import Dependency, Workload
from workloads.naming import unnamed
from workloads.parts import form_page, removal_page
from workloads.views_workload import need, workload_for

WORDS_MAX = 120
SHOWN = 200  # of those who need it, the ones that stop first


def _dependency(request: HttpRequest, pk: int) -> Dependency:
    related = ("workload__owner_team", "needs", "third_party")
    user = signed_in(request)
    return name_needs([get_object_or_404(dependencies_for(user).select_related(*related), pk=pk)], user)[0]


@rule(SIGNED_IN)
@require_GET
def dependencies(request: HttpRequest, pk: int) -> HttpResponse:
    """What it needs, and who needs it."""
    workload, user = workload_for(request, pk), signed_in(request)
    today = organisation_today(timezone.now())
    needs, dependents = needs_of(workload, user, on=today), dependents_of(workload, user, on=today)
    seen = [one for one in dependents if one.seen]
    context = {
        "workload": workload,
        "needs": needs,
        "hard": sum(n.dependency.strength == "hard" for n in needs),
        "dependents": seen[:SHOWN],
        "more": max(0, len(seen) - SHOWN),
        "needed_by": len(dependents),
        "hidden": unnamed(len(dependents) - len(seen)),
        "today": today,
        "may_change": user.may(Permission.CHANGE_WORKLOADS, workload),
    }
    return render(request, "workloads/dependencies/dependencies.html", context)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def add_dependency(request: HttpRequest, pk: int) -> HttpResponse:
    """First what it needs, found by name among thousands; then how much."""
    workload, user = workload_for(request, pk), signed_in(request)
    need(user, Permission.CHANGE_WORKLOADS, workload)
    chosen = _chosen(request)
    if chosen is None:
        words = request.GET.get("q", "").replace("\x00", "").strip()[:WORDS_MAX]
        context = {"workload": workload, "q": words, "choices": choices(workload, user, words)}
        return render(request, "workloads/dependencies/choose.html", context)
    kind, provider = chosen

    def deed(**values: Any) -> None:
        services.add_dependency(workload=workload, by=user, at=timezone.now(), **{kind: provider}, **values)

    form = DependencyForm(request.POST or None)
    key = provider.pk if kind == "needs" else -provider.pk
    return form_page(
        request, workload, form, deed, page="dependencies", title=f"{workload.name} needs {provider}", button="Add",
        lead=supposing(workload, key, user),
    )  # fmt: skip


def _chosen(request: HttpRequest) -> tuple[str, Any] | None:
    """What the address names, when this person may see it; not found otherwise."""
    user = signed_in(request)
    seen: dict[str, Any] = {"needs": Workload.objects.visible_to(user), "third_party": third_parties_for(user)}
    for kind, things in seen.items():
        if said := request.GET.get(kind):
            if not (said.isascii() and said.isdecimal() and len(said) < 19):
                raise Http404
            return kind, get_object_or_404(things, pk=int(said))
    return None


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change_dependency(request: HttpRequest, pk: int) -> HttpResponse:
    dependency, user = _dependency(request, pk), signed_in(request)

    def deed(**values: Any) -> None:
        services.change_dependency(dependency=dependency, by=user, at=timezone.now(), **values)

    form = DependencyForm(request.POST or None, initial=DependencyForm.described(dependency))
    return form_page(
        request, dependency.workload, form, deed, page="dependencies", title=str(dependency), button="Save",
        lead=supposing(dependency.workload, dependency.needs_id or -(dependency.third_party_id or 0), user),
        written=(dependency, services.DEPENDENCY), remove=("workloads:remove-dependency", dependency.pk),
    )  # fmt: skip


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def remove_dependency(request: HttpRequest, pk: int) -> HttpResponse:
    dependency, user = _dependency(request, pk), signed_in(request)
    return removal_page(
        request, dependency,
        lambda: services.remove_dependency(dependency=dependency, by=user, at=timezone.now()),
        page="dependencies", what="the dependency",
        said="The chain is then reckoned without it, and user flows that use it no longer do.",
    )  # fmt: skip
