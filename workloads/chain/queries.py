"""The chain as rows: one workload's closure in two questions, the whole of it in two.

Best evidence of a hop: measured in a drill, else signed, else claimed (typed later, proposed, or a vendor's promise). How long it
takes by itself is estimated; never longer than a drill measured for the whole (docs/decisions/0014).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.db import connection

from audit.collector import collector_paused
from people.models import User
from people.permissions import Permission
from workloads.chain.graph import Face, Graph
from workloads.chain.kernel import Key, Node
from workloads.models import Workload

NODES = """
SELECT w.id, w.tier_now,
       CASE WHEN w.proof_rto IN ('met', 'missed') AND w.measured_rto_seconds IS NOT NULL THEN w.measured_rto_seconds
            WHEN f.id IS NOT NULL THEN f.rto_seconds
            WHEN w.proof_rto = 'claimed' AND w.measured_rto_seconds IS NOT NULL THEN w.measured_rto_seconds
            ELSE o.rto_seconds END,
       CASE WHEN w.proof_rpo IN ('met', 'missed') AND w.measured_rpo_seconds IS NOT NULL THEN w.measured_rpo_seconds
            WHEN f.id IS NOT NULL THEN f.rpo_seconds
            WHEN w.proof_rpo = 'claimed' AND w.measured_rpo_seconds IS NOT NULL THEN w.measured_rpo_seconds
            ELSE o.rpo_seconds END,
       CASE WHEN w.proof_rto IN ('met', 'missed') AND w.measured_rto_seconds IS NOT NULL THEN 'measured'
            WHEN f.id IS NOT NULL THEN 'signed'
            WHEN w.proof_rto = 'claimed' AND w.measured_rto_seconds IS NOT NULL OR o.id IS NOT NULL THEN 'claimed'
            ELSE 'none' END,
       CASE WHEN w.proof_rpo IN ('met', 'missed') AND w.measured_rpo_seconds IS NOT NULL THEN 'measured'
            WHEN f.id IS NOT NULL THEN 'signed'
            WHEN w.proof_rpo = 'claimed' AND w.measured_rpo_seconds IS NOT NULL OR o.id IS NOT NULL THEN 'claimed'
            ELSE 'none' END,
       CASE WHEN w.proof_rto IN ('met', 'missed') THEN LEAST(w.own_rto_seconds, w.measured_rto_seconds)
            ELSE w.own_rto_seconds END,
       w.name, w.owner_team_id, COALESCE(f.rto_seconds, o.rto_seconds), COALESCE(f.rpo_seconds, o.rpo_seconds),
       NULL::boolean, NULL::date
FROM workloads_workload w
LEFT JOIN workloads_classification f ON f.workload_id = w.id AND f.state = 'signed_off'
LEFT JOIN workloads_classification o ON o.workload_id = w.id AND o.state IN ('proposed', 'in_review')
WHERE %(keys)s::bigint[] IS NULL OR w.id = ANY(%(keys)s)
UNION ALL
SELECT -t.id, NULL, t.rto_seconds, t.rpo_seconds, CASE WHEN t.rto_seconds IS NULL THEN 'none' ELSE 'claimed' END,
       CASE WHEN t.rpo_seconds IS NULL THEN 'none' ELSE 'claimed' END,
       NULL, t.name, NULL, NULL, NULL, t.has_failover, t.promised_until_on
FROM workloads_thirdparty t WHERE %(keys)s::bigint[] IS NULL OR -t.id = ANY(%(keys)s)
"""
EDGES = """
SELECT workload_id, COALESCE(needs_id, -third_party_id), "order" = 'parallel'
FROM workloads_dependency WHERE strength = 'hard'
"""
DOWN = """
WITH RECURSIVE reached(id) AS (
    SELECT unnest(%(keys)s::bigint[])
    UNION
    SELECT d.needs_id FROM reached r JOIN workloads_dependency d ON d.workload_id = r.id
    WHERE d.strength = 'hard' AND d.needs_id IS NOT NULL
)
SELECT d.workload_id, COALESCE(d.needs_id, -d.third_party_id), d."order" = 'parallel'
FROM reached r JOIN workloads_dependency d ON d.workload_id = r.id WHERE d.strength = 'hard'
"""
UP = """
WITH RECURSIVE reached(id) AS (
    SELECT unnest(%(keys)s::bigint[])
    UNION
    SELECT d.workload_id FROM reached r
    JOIN workloads_dependency d ON d.needs_id = r.id OR d.third_party_id = -r.id
    WHERE d.strength = 'hard'
)
SELECT id FROM reached WHERE NOT id = ANY(%(keys)s)
"""


def rows(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def closure(keys: Sequence[Key], viewer: User | None = None) -> Graph:
    """These workloads and everything they cannot do without, directly or through others."""
    with collector_paused():
        edges = rows(DOWN, keys=list(keys))
        wanted = {*keys, *(provider for _, provider, _ in edges)}
        return _graph(rows(NODES, keys=list(wanted)), edges, names_for(viewer, wanted))


def whole(viewer: User | None = None) -> Graph:
    """The chain of the whole organisation."""
    with collector_paused():
        graph = _graph(rows(NODES, keys=None), rows(EDGES), names_for(viewer, None))
        _ = graph.chain
    return graph


def affected(keys: Sequence[Key]) -> set[Key]:
    """The workloads that do not work when one of these does not."""
    return {row[0] for row in rows(UP, keys=list(keys))}


def names_for(viewer: User | None, keys: Iterable[Key] | None) -> frozenset[Key] | None:
    """Of these workloads those that she may see; None where she may see all."""
    if viewer is None or viewer.may(Permission.VIEW_WORKLOADS):
        return None
    seen = Workload.objects.visible_to(viewer)
    return frozenset((seen if keys is None else seen.filter(pk__in=keys)).values_list("pk", flat=True))


def _graph(found: list[tuple[Any, ...]], edges: list[tuple[Any, ...]], seen: frozenset[Key] | None) -> Graph:
    nodes = {row[0]: Node._make(row[:7]) for row in found}
    # 40,000 rows: they are in the order of Edge, and stay the tuples that they came as.
    hard = cast(list[tuple[Key, Key, bool]], edges)
    return Graph(nodes, hard, {row[0]: Face._make(row[7:]) for row in found}, seen)
