"""The chain in two sentences, for a workload's own page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from people.models import User
from people.wording import duration
from workloads.chain.judging import Promise, judge
from workloads.chain.queries import closure
from workloads.finding import Finding
from workloads.models import Workload


@dataclass(frozen=True)
class Through:
    """`back`: how soon at best, "" where nobody knows; `path` the hops that decide, "" where it is the workload itself;
    `alone`: what its team estimates that it takes itself, "" where nobody has."""

    needs: int
    back: str
    path: str
    is_late: bool
    is_open: bool
    alone: str
    findings: list[Finding]


def through(workload: Workload, viewer: User, today: dt.date) -> Through:
    """Two questions, however long the chain."""
    graph = closure([workload.pk], viewer)
    answer, face, node = graph.chain[workload.pk], graph.faces[workload.pk], graph.nodes[workload.pk]
    return Through(
        needs=len(graph.nodes) - 1,
        back=duration(answer.rto_seconds) if answer.rto_seconds or not answer.is_lower_bound else "",
        path=graph.say(answer.path[1:]),
        is_late=face.target_rto is not None and answer.rto_seconds > face.target_rto,
        is_open=answer.is_lower_bound,
        alone=duration(workload.own_rto_seconds) if workload.own_rto_seconds is not None else "",
        findings=judge(graph, workload.pk, Promise(node.tier, face.target_rto, face.target_rpo), today),
    )
