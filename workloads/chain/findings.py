"""What stands against a target because of what the workload needs."""

from __future__ import annotations

import datetime as dt

from people.models import User
from workloads.chain.judging import Promise, judge, replaced
from workloads.chain.queries import closure
from workloads.finding import Finding
from workloads.models import Workload


def chain_findings(
    workload: Workload,
    *,
    tier: int | None,
    rto_seconds: int | None,
    rpo_seconds: int | None,
    today: dt.date,
    viewer: User | None = None,
) -> list[Finding]:
    """The findings against this target, the blocking first; two questions. With a viewer, only names that she may see."""
    graph, promise = closure([workload.pk], viewer), Promise(tier, rto_seconds, rpo_seconds)
    graph.nodes[workload.pk] = replaced(graph.nodes[workload.pk], promise)
    return judge(graph, workload.pk, promise, today)
