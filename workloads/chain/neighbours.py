"""The surroundings of one workload: what it needs and who needs it, some steps each way, read for a map and its table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from people.models import User
from workloads.chain.graph import Graph
from workloads.chain.judging import is_inverted
from workloads.chain.kernel import Key
from workloads.chain.queries import closure, rows
from workloads.models import Workload

DEPTHS = (1, 2, 3, 4)
MOST = 150
INVERTED = "less critical than what needs it"
SLOW = "on the way that takes too long"

# One step past a hop that somebody may not see is still a step: only its name is withheld.
BELOW = """
WITH RECURSIVE reached(id, depth) AS (
    SELECT %(key)s::bigint, 0
    UNION
    SELECT COALESCE(d.needs_id, -d.third_party_id), r.depth + 1
    FROM reached r JOIN workloads_dependency d ON d.workload_id = r.id WHERE r.depth < %(depth)s
)
SELECT id, min(depth) FROM reached WHERE depth > 0 GROUP BY id ORDER BY 2, 1
"""
ABOVE = """
WITH RECURSIVE reached(id, depth) AS (
    SELECT %(key)s::bigint, 0
    UNION
    SELECT d.workload_id, r.depth + 1
    FROM reached r JOIN workloads_dependency d ON d.needs_id = r.id WHERE r.depth < %(depth)s
)
SELECT id, min(depth) FROM reached WHERE depth > 0 GROUP BY id ORDER BY 2, 1
"""
BETWEEN = """
SELECT workload_id, COALESCE(needs_id, -third_party_id), strength = 'hard', "order" = 'parallel'
FROM workloads_dependency
WHERE workload_id = ANY(%(keys)s) AND COALESCE(needs_id, -third_party_id) = ANY(%(keys)s) ORDER BY id
"""


@dataclass(frozen=True)
class Line:
    """One dependency on the map. `weak` says why it is drawn thick and in rust; "" where nothing is wrong with it."""

    dependent: Key
    provider: Key
    is_hard: bool
    is_parallel: bool
    weak: str = ""
    in_cycle: bool = False


@dataclass
class Surroundings:
    """`depth` of a hop: how many steps down (below) and up (above) it is from the middle; None: not that way."""

    middle: Key
    graph: Graph
    lines: list[Line]
    below: dict[Key, int]
    above: dict[Key, int]
    left_out: int
    keys: list[Key]


def surroundings(workload: Workload, depth: int, viewer: User) -> Surroundings:
    """At most MOST hops, the nearest first; five questions."""
    below = dict(rows(BELOW, key=workload.pk, depth=depth))
    above = dict(rows(ABOVE, key=workload.pk, depth=depth))
    below.pop(workload.pk, None)
    above.pop(workload.pk, None)
    found = sorted({*below, *above}, key=lambda key: (min(below.get(key, 99), above.get(key, 99)), key))
    keys = [workload.pk, *found[: MOST - 1]]
    shown = set(keys)
    graph = closure(keys, viewer)
    slow = _slow(graph, workload.pk)
    return Surroundings(
        workload.pk,
        graph,
        [_line(graph, slow, *row) for row in rows(BETWEEN, keys=keys)],
        {key: at for key, at in below.items() if key in shown},
        {key: at for key, at in above.items() if key in shown},
        len(found) + 1 - len(keys),
        keys,
    )


def _slow(graph: Graph, key: Key) -> set[tuple[Key, Key]]:
    """The hops of the way that makes this promise unreachable."""
    target, answer = graph.faces[key].target_rto, graph.chain[key]
    return set(pairwise(answer.path)) if target is not None and answer.rto_seconds > target else set()


def _line(graph: Graph, slow: set[tuple[Key, Key]], dependent: Key, provider: Key, hard: bool, parallel: bool) -> Line:
    weak = ""
    if hard and is_inverted(graph.nodes[dependent].tier, graph.nodes[provider].tier):
        weak = INVERTED
    elif (dependent, provider) in slow:
        weak = SLOW
    cycle = graph.chain.cycle(dependent) if hard else ()
    return Line(dependent, provider, hard, parallel, weak, provider in cycle)
