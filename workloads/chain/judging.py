"""What the chain says against a promise, in words. Pure: a graph in, findings out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from people.wording import duration
from workloads.chain.graph import Graph
from workloads.chain.kernel import Answer, Evidence, Key, Node
from workloads.finding import Finding, Severity
from workloads.naming import HIDDEN


@dataclass(frozen=True)
class Promise:
    """What is promised, signed or proposed."""

    tier: int | None
    rto_seconds: int | None
    rpo_seconds: int | None


def judge(graph: Graph, key: Key, promise: Promise, today: dt.date) -> list[Finding]:
    """Everything on the way down that stands against this promise, the blocking first."""
    before, found = nearest(graph, key), list(unreachable(graph, graph.chain[key], promise))
    for below in list(before)[1:]:
        its = graph.nodes[below].tier
        if is_inverted(promise.tier, its):
            found.append(inversion(graph, path_to(below, before), promise.tier or 0))
        if is_doubtful(graph, below, today):
            found.extend(of_hop(graph, path_to(below, before), today))
    found.extend(estimated(graph, key))
    found.extend(cycle(graph, graph.chain.cycle(key)))
    return sorted(found, key=lambda finding: not finding.is_blocking)


def replaced(node: Node, promise: Promise) -> Node:
    """This node if the promise were in force: only what a drill has measured weighs more."""
    fresh = node._replace(tier=promise.tier)
    if node.rto_evidence != Evidence.MEASURED:
        fresh = fresh._replace(rto=promise.rto_seconds, rto_evidence=Evidence.CLAIMED)
    if node.rpo_evidence != Evidence.MEASURED:
        fresh = fresh._replace(rpo=promise.rpo_seconds, rpo_evidence=Evidence.CLAIMED)
    return fresh


def nearest(graph: Graph, key: Key) -> dict[Key, Key]:
    """Everything below, the nearest first, each with the hop before it on the shortest path."""
    before, level = {key: key}, [key]
    while level:
        further = []
        for here in level:
            for provider in sorted(graph.chain.providers[here]):
                if provider not in before:
                    before[provider] = here
                    further.append(provider)
        level = further
    return before


def path_to(end: Key, before: dict[Key, Key]) -> tuple[Key, ...]:
    path = [end]
    while before[path[-1]] != path[-1]:
        path.append(before[path[-1]])
    return tuple(reversed(path))


def inversion(graph: Graph, path: tuple[Key, ...], tier: int) -> Finding:
    """The end of this path is less critical than what cannot do without it."""
    name, its = graph.name(path[-1]), graph.nodes[path[-1]].tier
    return Finding(
        f"inversion:{path[-1]}",
        Severity.BLOCKING,
        f"Needs {name}, which is only tier {its}",
        f"{_needed(graph, path)} Classify {name} as tier {tier} or more critical, or make the dependency soft.",
        address(path[-1], graph),
        (("tier", its or 0), ("apart", (its or 0) - tier)),
    )


def unreachable(graph: Graph, answer: Answer, promise: Promise) -> Iterator[Finding]:
    if promise.rto_seconds is not None and answer.rto_seconds > promise.rto_seconds:
        yield Finding(
            "rto-unreachable", Severity.BLOCKING,
            f"Back in {duration(answer.rto_seconds)} at best, {way(graph, answer.path)}; "
            f"promised {duration(promise.rto_seconds)}",
            ways_out(graph, answer, promise.rto_seconds),
            _where_to_mend(graph, answer.path, promise.rto_seconds),
            (("back", answer.rto_seconds), ("late", answer.rto_seconds - promise.rto_seconds)),
        )  # fmt: skip
    if promise.rpo_seconds is not None and answer.rpo_seconds > promise.rpo_seconds:
        yield Finding(
            "rpo-unreachable", Severity.BLOCKING,
            f"{duration(answer.rpo_seconds)} of data lost at worst, {way(graph, answer.rpo_path)}; "
            f"promised {duration(promise.rpo_seconds)}",
            f"Promise at least {duration(answer.rpo_seconds)}, or copy the data of {graph.name(answer.rpo_path[-1])} "
            "more often.",
            address(answer.rpo_path[0], graph),
            (("lost", answer.rpo_seconds), ("over", answer.rpo_seconds - promise.rpo_seconds)),
        )  # fmt: skip


def ways_out(graph: Graph, answer: Answer, promised: int) -> str:
    """What a team can do about a time that its promise cannot hold."""
    path, node = answer.path, graph.nodes[answer.path[0]]
    own_counts = len(path) == 1 or _is_near(graph, path, promised)
    ways = list(_along(graph, path, promised)) if len(path) > 1 else []
    if node.rto_evidence != Evidence.MEASURED and own_counts:
        ways.append("drill it, so that a measured time counts")
    elif len(path) == 1:
        ways.append("make it faster and drill it again")
    ways.append(f"loosen the target to {duration(answer.rto_seconds)}")
    said = f"What helps: {'; '.join(ways)}; or ask for a waiver."
    return said + (" Some times on the way are not known." if answer.is_lower_bound else "")


def _is_near(graph: Graph, path: tuple[Key, ...], promised: int) -> bool:
    """Whether the promise would hold if this workload took no time itself: it waits for something that is back in time."""
    return len(path) > 1 and waits(graph, path[0], path[1]) and graph.chain.total(path[1]) <= promised


def _along(graph: Graph, path: tuple[Key, ...], promised: int) -> Iterator[str]:
    """The ways out that lie between this workload and what it waits for; of its own part only where that decides."""
    steps = [step for step in pairwise(path) if step[0] != path[0] or _is_near(graph, path, promised)]
    names = {key: "it" if key == path[0] else graph.name(key) for key in path}
    if silent := list(dict.fromkeys(names[key] for key, below in steps if waits_whole(graph, key, below))):
        takes = "takes by itself" if len(silent) == 1 else "take by themselves"
        yield f"say how long {_listed(silent)} {takes} (until somebody does, a whole target is added to what comes first)"
    if after := next(((key, below) for key, below in steps if waits(graph, key, below)), None):
        yield f"say that {names[after[0]]} recovers at the same time as {names[after[1]]}, if it does"
    others = list(dict.fromkeys(names[key] for key in path[1:]))
    yield f"have {_listed(others, 'or')} come back faster: a tighter promise, or a faster drill"


def waits(graph: Graph, key: Key, provider: Key) -> bool:
    """Whether it begins only when this provider is back. In a cycle nobody can wait for the other."""
    return not graph.chain.providers[key][provider] and provider not in graph.chain.cycle(key)


def waits_whole(graph: Graph, key: Key, provider: Key) -> bool:
    """Whether all of a promise is added to what it waits for, because nobody has said or measured how long it takes itself."""
    node = graph.nodes[key]
    return node.own is None and node.rto_evidence != Evidence.MEASURED and waits(graph, key, provider)


def _where_to_mend(graph: Graph, path: tuple[Key, ...], promised: int) -> str:
    """The field for its own time where that is missing and decides, else the map."""
    if _is_near(graph, path, promised) and waits_whole(graph, path[0], path[1]):
        return f"/workloads/{path[0]}/change/#id_own_rto_seconds"
    return address(path[0], graph)


def _listed(names: Sequence[str], word: str = "and") -> str:
    shown = names if len(names) < 4 else [*names[:2], f"{len(names) - 2} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {word} {shown[-1]}"


def estimated(graph: Graph, key: Key) -> Iterator[Finding]:
    """An estimate that is shorter than what a drill measured is believed, and said: the drill may have waited, or not."""
    if is_estimated_shorter(graph, key):
        node = graph.nodes[key]
        yield Finding(
            "own-estimate",
            Severity.WARNING,
            f"Its own recovery time is an estimate: {duration(node.own or 0)}; its last drill took {duration(node.rto or 0)}",
            "The rest of the drill counts as waiting for what it needs. If the drill waited for nothing, take the estimate out.",
            f"/workloads/{key}/change/#id_own_rto_seconds" if graph.may_name(key) else "",
        )


def is_estimated_shorter(graph: Graph, key: Key) -> bool:
    node = graph.nodes[key]
    if node.own is None or node.rto is None or node.rto_evidence != Evidence.MEASURED or node.own >= node.rto:
        return False
    return any(waits(graph, key, provider) for provider in graph.chain.providers[key])


def way(graph: Graph, path: tuple[Key, ...]) -> str:
    return f"through {graph.say(path)}" if len(path) > 1 else "on its own"


def is_inverted(tier: int | None, below: int | None) -> bool:
    return tier is not None and below is not None and below > tier


def is_doubtful(graph: Graph, key: Key, today: dt.date) -> bool:
    """Whether there is a finding of the hop itself."""
    if key > 0:
        return graph.nodes[key].tier is None
    face = graph.faces[key]
    return face.has_failover is not True or (face.until is not None and face.until < today)


def of_hop(graph: Graph, path: tuple[Key, ...], today: dt.date) -> Iterator[Finding]:
    """What is doubtful about the end of this path by itself."""
    key, face = path[-1], graph.faces[path[-1]]
    name, by = graph.name(key), _needed(graph, path)
    if key > 0:
        detail = f"{by} Nobody has said how critical it is, nor how soon it is back."
        yield Finding(
            f"unclassified:{key}", Severity.WARNING, f"{_upper(name)} is not classified", detail, address(key, graph)
        )
        return
    if face.has_failover is not True:
        said = "does not fail over by itself" if face.has_failover is False else "may not fail over: nobody has asked"
        yield Finding(
            f"no-failover:tp{-key}",
            Severity.WARNING,
            f"{name} {said}",
            f"{by} Ask the vendor, or plan for doing without it.",
            address(key, graph),
        )
    if face.until is not None and face.until < today:
        yield Finding(
            f"promise-expired:tp{-key}",
            Severity.WARNING,
            f"The promise of {name} ended on {face.until:%-d %b %Y}",
            f"{by} Its times are still counted. Ask the vendor for a new promise.",
            address(key, graph),
        )


def _needed(graph: Graph, path: tuple[Key, ...]) -> str:
    return f"Needed {'directly' if len(path) == 2 else f'through {graph.say(path)}'}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:] if text == HIDDEN else text


def cycle(graph: Graph, members: tuple[Key, ...]) -> Iterator[Finding]:
    if not members:
        return
    names = ", ".join(graph.name(key) for key in members[:6])
    more = f" and {len(members) - 6} more" if len(members) > 6 else ""
    yield Finding(
        "cycle",
        Severity.WARNING,
        f"{len(members)} workloads need each other: {names}{more}",
        "None can wait for the other, so their recovery is counted as at the same time. Say which comes back first.",
        address(members[0], graph),
    )


def address(key: Key, graph: Graph) -> str:
    """The map of this workload, where she may see it; the page of a third party."""
    if key < 0:
        return f"/workloads/third-parties/{-key}/"
    return f"/workloads/{key}/map/" if graph.may_name(key) else ""
