"""All findings of the chain over the whole register. Pure.

First only where something is, as small tuples: most findings are never read. What it says is written for a page.
Here the way down is told once: each weak dependency, and for each workload the least critical one further down. A workload's own
page lists every one.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain as joined
from typing import NamedTuple

from audit.collector import collector_paused
from workloads.chain.graph import Graph
from workloads.chain.judging import (
    Promise,
    cycle,
    estimated,
    inversion,
    is_doubtful,
    is_estimated_shorter,
    is_inverted,
    of_hop,
    unreachable,
)
from workloads.chain.kernel import Key
from workloads.finding import Finding, Severity

INVERSION, RTO, RPO = "inversion", "rto-unreachable", "rpo-unreachable"
UNCLASSIFIED, NO_FAILOVER, EXPIRED, CYCLE = "unclassified", "no-failover", "promise-expired", "cycle"
ESTIMATED, DIFFERS = "own-estimate", "impact-differs"
KINDS = {
    INVERSION: "Needs something less critical",
    RTO: "RTO not reachable",
    RPO: "RPO not reachable",
    UNCLASSIFIED: "Not classified",
    NO_FAILOVER: "No failover",
    EXPIRED: "Promise ended",
    ESTIMATED: "Estimated shorter than drilled",
    CYCLE: "Needs each other",
    # Not of the chain: the room that knows writes it (`workloads.impact.register`), so that one list has all.
    DIFFERS: "Other than its impact analysis",
}
BLOCKING = frozenset({INVERSION, RTO, RPO})


class Spot(NamedTuple):
    """Something stands against this workload's target; `path` leads to it."""

    kind: str
    key: Key
    path: tuple[Key, ...]

    @property
    def severity(self) -> Severity:
        return Severity.BLOCKING if self.kind in BLOCKING else Severity.WARNING


def spots(graph: Graph, today: dt.date) -> list[Spot]:
    """Everything that is found at workloads whose names may be said."""
    with collector_paused():
        found = joined(_of_edges(graph, today), _further_down(graph), _of_promises(graph), _of_cycles(graph))
        return [spot for spot in found if graph.may_name(spot.key)]


def _of_edges(graph: Graph, today: dt.date) -> Iterator[Spot]:
    nodes = graph.nodes
    doubtful = {key: _doubts(graph, key, today) for key in nodes if is_doubtful(graph, key, today)}
    for dependent, provider, _ in graph.edges:
        path = (dependent, provider)
        if is_inverted(nodes[dependent].tier, nodes[provider].tier):
            yield Spot(INVERSION, dependent, path)
        for kind in doubtful.get(provider, ()):
            yield Spot(kind, dependent, path)


def _doubts(graph: Graph, key: Key, today: dt.date) -> list[str]:
    return [finding.key.partition(":")[0] for finding in of_hop(graph, (key, key), today)]


def _further_down(graph: Graph) -> Iterator[Spot]:
    """Where the least critical hop is not a direct one: the nearest such hop, with the way to it."""
    nodes, towards = graph.nodes, dict[Key, tuple[int, Key]]()
    levels = sorted({node.tier for node in nodes.values() if node.tier is not None}, reverse=True)
    for tier in levels:
        level = [key for key, node in nodes.items() if node.tier == tier]
        while level:
            further = []
            for hop in level:
                for key in graph.chain.dependents[hop]:
                    if key not in towards:
                        towards[key] = (tier, hop)
                        further.append(key)
            level = further
    for key, (tier, hop) in towards.items():
        if is_inverted(nodes[key].tier, tier) and nodes[hop].tier != tier:
            yield Spot(INVERSION, key, _way(graph, key, towards))


def _way(graph: Graph, key: Key, towards: dict[Key, tuple[int, Key]]) -> tuple[Key, ...]:
    tier, hop = towards[key]
    path = [key, hop]
    while graph.nodes[hop].tier != tier:
        hop = towards[hop][1]
        path.append(hop)
    return tuple(path)


def _of_promises(graph: Graph) -> Iterator[Spot]:
    for key, face in graph.faces.items():
        if face.target_rto is not None and graph.chain.total(key) > face.target_rto:
            yield Spot(RTO, key, (key,))
        if face.target_rpo is not None and graph.chain.loss(key) > face.target_rpo:
            yield Spot(RPO, key, (key,))
        if is_estimated_shorter(graph, key):
            yield Spot(ESTIMATED, key, (key,))


def _of_cycles(graph: Graph) -> Iterator[Spot]:
    """Each cycle once, at the first member whose name may be said."""
    for members in graph.chain.cycles():
        first = next((key for key in members if graph.may_name(key)), None)
        if first is not None:
            yield Spot(CYCLE, first, members)


def teams_of(graph: Graph, spot: Spot) -> set[int | None]:
    return {graph.faces[key].team for key in (spot.path if spot.kind == CYCLE else (spot.key,))}


def counted(found: Iterable[Spot]) -> dict[str, int]:
    """How many of each kind, in the order of KINDS."""
    numbers = Counter(spot.kind for spot in found)
    return {kind: numbers[kind] for kind in KINDS}


def in_order(graph: Graph, found: Iterable[Spot]) -> list[Spot]:
    """The blocking kinds first; of one kind the most critical workloads first."""
    rank = {kind: at for at, kind in enumerate(KINDS)}
    nodes, faces = graph.nodes, graph.faces

    def place(spot: Spot) -> tuple[int, int, str, tuple[Key, ...]]:
        tier = nodes[spot.key].tier
        return rank[spot.kind], 99 if tier is None else tier, faces[spot.key].name, spot.path

    with collector_paused():
        return sorted(found, key=place)


def written(graph: Graph, spot: Spot, today: dt.date) -> Finding:
    """What it says, in the words of the workload's own page."""
    if spot.kind == INVERSION:
        return inversion(graph, spot.path, graph.nodes[spot.key].tier or 0)
    if spot.kind == CYCLE:
        return next(cycle(graph, spot.path))
    if spot.kind == ESTIMATED:
        return next(estimated(graph, spot.key))
    if spot.kind in (RTO, RPO):
        face = graph.faces[spot.key]
        promise = Promise(None, face.target_rto, face.target_rpo)
        said = unreachable(graph, graph.chain[spot.key], promise)
    else:
        said = of_hop(graph, spot.path, today)
    return next(finding for finding in said if finding.key.partition(":")[0] == spot.kind)
