"""The findings of the chain over the whole register, as a page and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.spreadsheets import table_response
from people.access import SIGNED_IN, rule, signed_in
from people.models import Team, organisation_today
from workloads.chain.across import KINDS
from workloads.chain.asked import Asked
from workloads.finding import Severity

A_PAGE, BATCH = 50, 500
SEVERITIES = {Severity.BLOCKING: "Blocks a signature", Severity.WARNING: "Warns"}
COLUMNS = ["workload number", "workload", "tier", "team", "kind", "severity", "finding", "detail"]


def _asked(request: HttpRequest) -> Asked:
    params = {name: value for name, value in request.GET.items() if isinstance(value, str)}
    return Asked(params, signed_in(request), organisation_today(timezone.now()))


@rule(SIGNED_IN)
@require_GET
def list_findings(request: HttpRequest) -> HttpResponse:
    """How many of which kind, then the findings themselves."""
    asked, teams = _asked(request), dict(Team.objects.values_list("pk", "name"))
    page = Paginator(asked.found, A_PAGE).get_page(request.GET.get("page"))
    told = asked.told(list(page.object_list))
    shown = {face.team for key, face in asked.graph.faces.items() if asked.graph.may_name(key)}
    context = {
        "page": page,
        "rows": [(one, KINDS[one.kind], teams.get(one.team or 0, "")) for one in told],
        "total": sum(asked.counts.values()),
        "blocking": sum(spot.severity == Severity.BLOCKING for spot in asked.within),
        "tabs": _tabs(request, asked),
        "severities": [(key, said, key == asked.severity) for key, said in SEVERITIES.items()],
        "teams": [(key, name, key == asked.team) for key, name in teams.items() if key in shown],
        "kind": asked.kind,
        "is_narrowed": bool(asked.severity or asked.team is not None),
        "base": reverse("workloads:findings"),
        "query": request.GET.urlencode(),
    }
    return render(request, "workloads/chain/findings.html", context)


def _tabs(request: HttpRequest, asked: Asked) -> list[tuple[str, int, str, bool]]:
    """All, and each kind that there is something of, with its address."""
    found = [("", "All", sum(asked.counts.values()))]
    found += [(kind, said, asked.counts[kind]) for kind, said in KINDS.items() if asked.counts[kind]]
    tabs = []
    for kind, said, count in found:
        params = request.GET.copy()
        params.pop("page", None)
        params["kind"] = kind
        tabs.append((said, count, f"?{params.urlencode()}", kind == asked.kind))
    return tabs


@rule(SIGNED_IN)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the page would show, all of it, as a table."""
    asked, teams = _asked(request), dict(Team.objects.values_list("pk", "name"))
    return table_response(request, f"findings-{asked.today:%Y-%m-%d}", COLUMNS, _batches(asked, teams))


def _batches(asked: Asked, teams: dict[int, str]) -> Iterator[list[list[Any]]]:
    found = asked.found
    for start in range(0, len(found), BATCH):
        yield [
            [
                one.number, one.workload, one.tier, teams.get(one.team or 0, ""), one.kind, one.finding.severity.value,
                one.finding.title, one.finding.detail,
            ]
            for one in asked.told(found[start : start + BATCH])
        ]  # fmt: skip
