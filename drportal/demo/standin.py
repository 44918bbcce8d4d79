"""What no target is sent without, where the demo's story has not told it yet: one user flow, an answered impact analysis."""

from __future__ import annotations

import datetime as dt

from people.models import User
from workloads.models import (
    ImpactAnalysis,
    ImpactAnswer,
    ImpactCategory,
    ImpactPoint,
    Level,
    Loss,
    UserFlow,
    Workload,
)


def open_gates(workload: Workload, *, by: User, at: dt.datetime) -> None:
    """Rows without deeds; nothing where the story has its own."""
    if not workload.flows.exists():
        UserFlow.objects.create(
            workload=workload,
            name=f"Use {workload.name}",
            what=workload.purpose,
            is_critical=True,
            added_at=at,
            added_by=by,
        )
    if not ImpactAnalysis.objects.filter(workload=workload).exists():
        analysis = ImpactAnalysis.objects.create(workload=workload, answered_at=at, answered_by=by)
        ImpactAnswer.objects.bulk_create(
            ImpactAnswer(analysis=analysis, loss=loss, category=category, point=point, level=Level.SLIGHT)
            for loss in Loss.values
            for category in ImpactCategory.objects.all()
            for point in ImpactPoint.objects.all()
        )
