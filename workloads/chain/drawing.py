"""The surroundings in words and as a picture: rows of the table, and hops and lines for the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from people.wording import duration
from workloads.chain.judging import address
from workloads.chain.kernel import Evidence, Key, Node
from workloads.chain.layout import THIRD_PARTY, UNCLASSIFIED, positions
from workloads.chain.neighbours import Line, Surroundings
from workloads.naming import unnamed

EVIDENCE = {Evidence.MEASURED: "measured", Evidence.SIGNED: "signed", Evidence.CLAIMED: "claimed", Evidence.NONE: ""}


@dataclass(frozen=True)
class Row:
    """One hop as the table says it. Of a workload that she may not see, nothing but that it is there."""

    key: Key
    name: str
    address: str
    seen: bool
    tier: int | None
    where: str
    kind: str
    needs: str
    own: str
    evidence: str
    alone: str
    total: str
    weak: tuple[str, ...]
    cycle: str


def table(around: Surroundings) -> list[Row]:
    """All hops but the middle: first what it needs, then who needs it, the nearest first, weak ones on top of their step."""
    into: dict[Key, list[Line]] = {}
    for line in around.lines:
        into.setdefault(line.provider, []).append(line)
        into.setdefault(line.dependent, []).append(line)
    found = [_row(around, key, into.get(key, [])) for key in around.keys[1:]]
    order = {key: (key not in around.below, _depth(around, key)) for key in around.keys}
    return sorted(found, key=lambda row: (*order[row.key], not row.weak, row.name.lower()))


def _depth(around: Surroundings, key: Key) -> int:
    return around.below.get(key) or around.above.get(key) or 0


def _row(around: Surroundings, key: Key, lines: list[Line]) -> Row:
    graph, node, seen = around.graph, around.graph.nodes[key], around.graph.may_name(key)
    answer = graph.chain[key]
    own = "–" if node.rto is None and node.rpo is None else f"{_said(node.rto)} / {_said(node.rpo)}"
    known = answer.rto_seconds or not answer.is_lower_bound
    total = f"{'at least ' if answer.is_lower_bound else ''}{duration(answer.rto_seconds)}" if known else "unknown"
    return Row(
        key=key,
        name=graph.name(key),
        address=address(key, graph),
        seen=seen,
        tier=node.tier if seen else None,
        where=_where(around, key),
        kind=_kind(around, key, lines),
        needs=_needs(around, key, lines),
        own=own if seen else "–",
        evidence=_evidence(node.rto_evidence, node.rpo_evidence) if seen else "",
        alone=_alone(node) if seen else "",
        total=total if seen else "–",
        weak=tuple(_weakness(around, line) for line in lines if line.weak and line.provider == key),
        cycle=", ".join(graph.name(k) for k in answer.cycle if k != key),
    )


def _said(seconds: int | None) -> str:
    return "unknown" if seconds is None else duration(seconds)


def _evidence(rto: str, rpo: str) -> str:
    said = [EVIDENCE[Evidence(one)] for one in (rto, rpo)]
    return said[0] if said[0] == said[1] else " / ".join(one or "–" for one in said)


def _alone(node: Node) -> str:
    """What it is estimated to take itself; nothing where a drill says more."""
    is_measured = node.rto_evidence == Evidence.MEASURED and node.own == node.rto
    return "" if node.own is None or is_measured else f"by itself {duration(node.own)}, estimated"


def _where(around: Surroundings, key: Key) -> str:
    down, up = around.below.get(key), around.above.get(key)
    said = [f"needed, step {down}"] if down else []
    return "; ".join(said + ([f"needs it, step {up}"] if up else []))


def _kind(around: Surroundings, key: Key, lines: list[Line]) -> str:
    """Hard or soft, and the order, of the line that joins it to the middle by the shortest way."""
    steps = around.below if key in around.below else around.above
    for line in lines:
        nearer = line.dependent if key in around.below else line.provider
        other = line.provider if key in around.below else line.dependent
        if other == key and (nearer == around.middle or steps.get(nearer, 99) < steps[key]):
            if not line.is_hard:
                return "soft"
            return "hard, at the same time" if line.is_parallel else "hard, after it"
    return "–"


def _needs(around: Surroundings, key: Key, lines: list[Line]) -> str:
    """Where the lines of the picture lead from this hop, in the order of the table; how many lead to what is hidden."""
    graph, hidden, said = around.graph, 0, list[str]()
    for line in lines:
        if line.dependent != key:
            continue
        if graph.may_name(line.provider):
            said.append(graph.name(line.provider) + ("" if line.is_hard else " (soft)"))
        else:
            hidden += 1
    if hidden:
        said.append(unnamed(hidden))
    return ", ".join(said)


def _weakness(around: Surroundings, line: Line) -> str:
    """The weak line into this hop."""
    return f"{line.weak}: {around.graph.name(line.dependent)}"


def picture(around: Surroundings) -> dict[str, Any]:
    """Hops and lines for the browser; a hop that she may not see has a number of this picture only."""
    graph, number = around.graph, {key: f"n{at}" for at, key in enumerate(around.keys)}
    layers = {key: _layer(around, key) for key in around.keys}
    where = positions(layers, [(line.dependent, line.provider) for line in around.lines])
    return {
        "hops": [
            {
                "id": number[key], "name": graph.name(key), "tier": _tier(around, key), "middle": key == around.middle,
                "third": key < 0, "x": where[key][0], "y": where[key][1],
                "href": address(key, graph) if key != around.middle else "",
            }
            for key in around.keys
        ],
        "lines": [
            {
                "from": number[line.dependent], "to": number[line.provider], "soft": not line.is_hard,
                "weak": bool(line.weak), "cycle": line.in_cycle,
            }
            for line in around.lines
        ],
    }  # fmt: skip


def _tier(around: Surroundings, key: Key) -> int | None:
    return around.graph.nodes[key].tier if around.graph.may_name(key) else None


def _layer(around: Surroundings, key: Key) -> int:
    tier = _tier(around, key)
    if key < 0:
        return THIRD_PARTY
    return UNCLASSIFIED if tier is None else tier
