"""The map of a workload's surroundings, and the findings of the whole register."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.wording import duration
from workloads.chain.drawing import picture, table
from workloads.chain.judging import Promise, judge
from workloads.chain.neighbours import DEPTHS, Surroundings, surroundings
from workloads.queries import waived_of
from workloads.views_workload import workload_for

# A page of them is enough to begin with; the API and the export list all.
MOST_FINDINGS = 50


def _depth(request: HttpRequest) -> int:
    asked = request.GET.get("depth", "")
    return int(asked) if asked in {str(depth) for depth in DEPTHS} else 2


@rule(SIGNED_IN)
@require_GET
def show_map(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer of the chain, the picture, and the same as a table."""
    workload, depth = workload_for(request, pk), _depth(request)
    around = surroundings(workload, depth, signed_in(request))
    rows = table(around)
    context = {
        "workload": workload,
        "depth": depth,
        "depths": DEPTHS,
        "rows": rows,
        "weak": sum(bool(line.weak) for line in around.lines),
        "left_out": around.left_out,
        "findings": (findings := _findings(around))[:MOST_FINDINGS],
        "more_findings": max(0, len(findings) - MOST_FINDINGS),
        "waived_until": waived_of(workload.pk, on=organisation_today(timezone.now())),
        **_answer(around),
    }
    return render(request, "workloads/chain/map.html", context)


@rule(SIGNED_IN)
@require_GET
def map_data(request: HttpRequest, pk: int) -> JsonResponse:
    """Hops and lines of the same map for the browser."""
    workload = workload_for(request, pk)
    return JsonResponse(picture(surroundings(workload, _depth(request), signed_in(request))))


def _findings(around: Surroundings) -> list[Any]:
    face, node = around.graph.faces[around.middle], around.graph.nodes[around.middle]
    promise = Promise(node.tier, face.target_rto, face.target_rpo)
    return judge(around.graph, around.middle, promise, organisation_today(timezone.now()))


def _answer(around: Surroundings) -> dict[str, Any]:
    answer, face = around.graph.chain[around.middle], around.graph.faces[around.middle]
    return {
        "back": duration(answer.rto_seconds) if answer.rto_seconds or not answer.is_lower_bound else "",
        "lost": duration(answer.rpo_seconds) if answer.rpo_seconds or not answer.rpo_is_lower_bound else "",
        "at_least": answer.is_lower_bound,
        "path": around.graph.say(answer.path) if len(answer.path) > 1 else "",
        "promised": face.target_rto,
        "is_late": face.target_rto is not None and answer.rto_seconds > face.target_rto,
    }
