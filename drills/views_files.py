"""Lists of this room as files: drills, the gaps they found, and what is late and not planned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.spreadsheets import in_batches, table_response
from audit.tables import utc
from drills import queries
from drills.models import Action, Drill
from drills.views import asked_for, reader
from people.access import SIGNED_IN, rule
from people.models import organisation_today
from workloads.models import Workload

CHUNK = 500
DRILLS = (
    "drill", "workload", "team", "kind", "state", "window from (UTC)", "window until (UTC)", "coordinator", "tier",
    "RTO (s)", "recovery (s)", "RTO verdict", "RTO source", "RPO (s)", "data loss (s)", "RPO verdict", "RPO source",
    "time to declare (s)", "finished (UTC)", "report SHA-256",
)  # fmt: skip
GAPS = (
    "gap", "workload", "team", "drill", "drill began (UTC)", "title", "severity", "cause", "owner", "due", "state",
    "what was done", "closed by drill",
)  # fmt: skip
LATE = (
    "workload", "reference", "team", "tier", "interval (days)", "was due", "last drilled", "last tabletop or message test (UTC)",
)  # fmt: skip


@rule(SIGNED_IN)
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """The drills that the list shows, all of them."""
    _, drills = asked_for(request)
    return table_response(request, f"drills-{timezone.now():%Y-%m-%d}", DRILLS, _batches(drills))


@rule(SIGNED_IN)
@require_safe
def export_gaps(request: HttpRequest) -> HttpResponseBase:
    """The gaps that the drills of the list found."""
    _, drills = asked_for(request)
    gaps = Action.objects.filter(drill__in=drills.order_by().values("pk")).order_by("due_on", "pk")
    found = gaps.select_related("drill__workload__owner_team", "owner").iterator(chunk_size=CHUNK)
    name = f"gaps-{organisation_today(timezone.now()):%Y-%m-%d}"
    return table_response(request, name, GAPS, in_batches(map(_gap, found)))


@rule(SIGNED_IN)
@require_safe
def export_late(request: HttpRequest) -> HttpResponseBase:
    """What the programme calls late and not planned."""
    today = organisation_today(timezone.now())
    late = queries.late_and_not_planned(Workload.objects.visible_to(reader(request)), today=today)
    found = queries.with_talks(late).select_related("owner_team").iterator(chunk_size=CHUNK)
    return table_response(request, f"late-for-drill-{today:%Y-%m-%d}", LATE, in_batches(map(_late, found)))


def _batches(drills: QuerySet[Drill]) -> Iterator[list[list[Any]]]:
    pks = list(drills.values_list("pk", flat=True))
    for start in range(0, len(pks), CHUNK):
        found = Drill.objects.for_page().in_bulk(pks[start : start + CHUNK])
        yield [_drill(found[pk]) for pk in pks[start : start + CHUNK] if pk in found]


def _drill(drill: Drill) -> list[Any]:
    return [
        drill.pk, drill.workload.name, drill.workload.owner_team.name, drill.get_kind_display(),
        drill.get_state_display().lower(), utc(drill.window_start), utc(drill.window_end), drill.coordinator.name,
        drill.tier_level, drill.rto_seconds, drill.recovery_seconds, drill.get_rto_verdict_display(),
        drill.get_rto_grade_display(), drill.rpo_seconds, drill.loss_seconds, drill.get_rpo_verdict_display(),
        drill.get_rpo_grade_display(), drill.declare_seconds, utc(drill.finished_at), drill.digest,
    ]  # fmt: skip


def _gap(gap: Action) -> list[Any]:
    drill = gap.drill
    return [
        gap.pk, drill.workload.name, drill.workload.owner_team.name, drill.pk, utc(drill.started_at), gap.title,
        gap.get_severity_display(), gap.cause, gap.owner.name, gap.due_on, gap.get_state_display(), gap.done_how,
        gap.closed_by_drill_id,
    ]  # fmt: skip


def _late(workload: Any) -> list[Any]:
    """A workload of `late_and_not_planned` and `with_talks`, whose annotations the types do not know."""
    return [
        workload.name, workload.reference, workload.owner_team.name, workload.tier_level, workload.drill_days,
        workload.drill_due_on, workload.drilled_on, utc(workload.talked_at),
    ]  # fmt: skip
