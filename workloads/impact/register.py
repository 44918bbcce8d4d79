"""Targets in force beside what their impact analyses suggest by now, over the whole register."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q

from workloads.finding import Finding
from workloads.impact.queries import pictures
from workloads.impact.targets import differing_findings
from workloads.models import Classification, ImpactAnalysis

BATCH = 500


def differing_in_force() -> dict[int, Finding]:
    """By workload the finding of a target in force that is other than suggested, unexplained.

    Read are only analyses that were answered after their target was sent, or that the target knows nothing of: all others
    were compared when it was sent. A tier that was edited since shows on the workload's own pages alone.
    """
    later = Q(suggested_tier__isnull=True) | Q(workload__impact__answered_at__gt=F("request__requested_at"))
    rows = Classification.objects.filter(later, state=Classification.State.SIGNED_OFF, workload__impact__isnull=False)
    return dict(_differing(list(rows.select_related("tier").order_by("workload"))))


def _differing(targets: list[Classification]) -> Iterator[tuple[int, Finding]]:
    for start in range(0, len(targets), BATCH):
        part = targets[start : start + BATCH]
        analyses = pictures(ImpactAnalysis.objects.filter(workload__in=[target.workload_id for target in part]))
        for target in part:
            for finding in differing_findings(target, analyses[target.workload_id].suggestion):
                yield target.workload_id, finding
