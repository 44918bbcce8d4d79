"""Targets in force beside what their impact analyses suggest by now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from people.models import User
from workloads.finding import Finding
from workloads.impact.queries import pictures
from workloads.impact.targets import differing_findings
from workloads.models import Classification, ImpactAnalysis, Workload

BATCH = 500


def differing_in_force(user: User) -> dict[int, Finding]:
    """By workload the finding of a target in force that is other than suggested, unexplained; over all that this person sees."""
    in_force = Classification.objects.filter(state=Classification.State.SIGNED_OFF)
    targets = list(_answered_since(in_force.filter(workload__in=Workload.objects.visible_to(user))))
    found: dict[int, Finding] = {}
    for start in range(0, len(targets), BATCH):
        found |= _differing(targets[start : start + BATCH])
    return found


def differing(targets: Sequence[Classification]) -> dict[int, Finding]:
    """The same for some targets in force; one query where no analysis was answered since."""
    return _differing(list(_answered_since(Classification.objects.filter(pk__in=[target.pk for target in targets]))))


def _answered_since(targets: QuerySet[Classification]) -> QuerySet[Any]:
    """Those whose analysis was answered after they were sent, or that know nothing of it: all others were compared then."""
    later = Q(suggested_tier__isnull=True) | Q(workload__impact__answered_at__gt=F("request__requested_at"))
    return targets.filter(later, workload__impact__isnull=False).select_related("tier").order_by("workload")


def _differing(targets: Sequence[Classification]) -> dict[int, Finding]:
    if not targets:
        return {}
    analyses = pictures(ImpactAnalysis.objects.filter(workload__in=[target.workload_id for target in targets]))
    return {
        target.workload_id: finding
        for target in targets
        for finding in differing_findings(target, analyses[target.workload_id].suggestion)
    }
