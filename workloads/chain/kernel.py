"""Recovery time and data loss through the hard dependencies. Pure: numbers in, numbers out.

    total(w) = the longest of rto(w), own(w) and, for each provider d:  after it: total(d) + own(w);  beside it: total(d)
    loss(w)  = the largest own loss of w and of everything below it

rto(w) is the best evidence for the whole recovery of w, own(w) what w takes once everything it waits for is there; where
nobody has said that, all of rto(w) counts as it. What is unknown counts as 0 and makes the answer a lower bound.

Inside a cycle nobody can wait for the other, so each dependency there counts as beside it, and every member says that it stands
in one. Nothing here recurses: a chain may be 10,000 deep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from heapq import heappop, heappush
from typing import NamedTuple

from audit.collector import collector_paused

# A workload by its number, a third party by its number with a minus.
Key = int
_BEYOND = 1 << 62


class Evidence(StrEnum):
    """Where a number comes from, the best first."""

    MEASURED = "measured"
    SIGNED = "signed"
    CLAIMED = "claimed"
    NONE = "none"


class Node(NamedTuple):
    """Somebody in the chain with its times; seconds, None where nobody knows."""

    key: Key
    tier: int | None = None
    rto: int | None = None
    rpo: int | None = None
    rto_evidence: str = Evidence.NONE
    rpo_evidence: str = Evidence.NONE
    own: int | None = None


class Edge(NamedTuple):
    """`dependent` does not work without `provider`; `parallel`: both recover at the same time."""

    dependent: Key
    provider: Key
    parallel: bool = False


class Answer(NamedTuple):
    """What one node can keep at best. A path leads from it to the hop that decides; `cycle` are the members, if it is in one."""

    rto_seconds: int
    rpo_seconds: int
    path: tuple[Key, ...]
    rpo_path: tuple[Key, ...]
    is_lower_bound: bool
    rpo_is_lower_bound: bool
    cycle: tuple[Key, ...]


class _Sums(NamedTuple):
    """What a node, or a whole cycle, hands to those who depend on it."""

    total: int = 0
    loss: int = 0
    total_open: bool = False
    loss_open: bool = False


class _Group:
    """A node alone, or the members of one cycle; `rank` is above the ranks of everything that they need."""

    __slots__ = ("members", "rank", "sums")

    def __init__(self, members: list[Key], rank: int) -> None:
        self.members, self.rank, self.sums = members, rank, _Sums()


class Chain:
    """The answers for a graph, kept right while one edge or one node changes."""

    def __init__(self, nodes: Iterable[Node], edges: Iterable[tuple[Key, Key, bool]]) -> None:
        """Edges in the order of `Edge`; one that leads to somebody who is not among the nodes is an error."""
        with collector_paused():
            self._lay_out(nodes, edges)

    def _lay_out(self, nodes: Iterable[Node], edges: Iterable[tuple[Key, Key, bool]]) -> None:
        self.nodes = {node.key: node for node in nodes}
        self.providers: dict[Key, dict[Key, bool]] = {key: {} for key in self.nodes}
        self.dependents: dict[Key, set[Key]] = {key: set() for key in self.nodes}
        for dependent, provider, parallel in edges:
            self.providers[dependent][provider] = parallel
            self.dependents[provider].add(dependent)
        self._group: dict[Key, _Group] = {}
        self._via: dict[Key, Key | None] = {}
        self._loss_via: dict[Key, Key | None] = {}
        self._highest = 0
        self._arrange(self.nodes)

    def __contains__(self, key: object) -> bool:
        return key in self.nodes

    def __getitem__(self, key: Key) -> Answer:
        sums = self._group[key].sums
        return Answer(
            sums.total, sums.loss, _walk(key, self._via), _walk(key, self._loss_via), sums.total_open, sums.loss_open,
            self.cycle(key),
        )  # fmt: skip

    def total(self, key: Key) -> int:
        return self._group[key].sums.total

    def loss(self, key: Key) -> int:
        return self._group[key].sums.loss

    def cycle(self, key: Key) -> tuple[Key, ...]:
        """The members of the cycle that this node stands in, in order of their keys; none where it stands in none."""
        members = self._group[key].members
        return tuple(sorted(members)) if len(members) > 1 else ()

    def cycles(self) -> list[tuple[Key, ...]]:
        groups = {group.rank: group for group in self._group.values() if len(group.members) > 1}
        return sorted(tuple(sorted(group.members)) for group in groups.values())

    def update(
        self, *, node: Node | None = None, edge: Edge | None = None, without: tuple[Key, Key] | None = None
    ) -> set[Key]:
        """Take in a node (new or changed), an edge (new or changed) or the end of one; whose sums changed.

        Only those who depend on the change are looked at again.
        """
        changed: set[Key] = set()
        if node is not None:
            changed |= self._take_node(node)
        if edge is not None:
            changed |= self._take_edge(edge)
        if without is not None:
            changed |= self._drop_edge(*without)
        return changed

    def _take_node(self, node: Node) -> set[Key]:
        is_new = node.key not in self.nodes
        self.nodes[node.key] = node
        if not is_new:
            return self._spread(self._group[node.key])
        self.providers[node.key], self.dependents[node.key] = {}, set()
        self._arrange([node.key])
        return {node.key}

    def _take_edge(self, edge: Edge) -> set[Key]:
        dependent, provider = self._group[edge.dependent], self._group[edge.provider]
        self.providers[edge.dependent][edge.provider] = edge.parallel
        self.dependents[edge.provider].add(edge.dependent)
        # One that leads down the ranks cannot close a cycle.
        if provider.rank <= dependent.rank or self._reordered(dependent, provider):
            return self._spread(dependent)
        return self._rearrange(edge.dependent)

    def _reordered(self, dependent: _Group, provider: _Group) -> bool:
        """Move the ranks between the two so that `provider` comes below (Pearce and Kelly); False: there is a cycle now."""
        above = self._between(dependent, self.dependents, lambda group: group.rank <= provider.rank)
        if provider.rank in above:
            return False
        below = self._between(provider, self.providers, lambda group: group.rank >= dependent.rank)
        ranks = sorted([*below, *above])
        moved = [below[rank] for rank in sorted(below)] + [above[rank] for rank in sorted(above)]
        for group, rank in zip(moved, ranks, strict=True):
            group.rank = rank
        return True

    def _between(
        self, start: _Group, next_to: Mapping[Key, Iterable[Key]], is_near: Callable[[_Group], bool]
    ) -> dict[int, _Group]:
        """The groups that can be reached from here over near ones, by rank."""
        found, waiting = {start.rank: start}, [start]
        while waiting:
            for member in waiting.pop().members:
                for key in next_to[member]:
                    group = self._group[key]
                    if group.rank not in found and is_near(group):
                        found[group.rank] = group
                        waiting.append(group)
        return found

    def _drop_edge(self, dependent: Key, provider: Key) -> set[Key]:
        del self.providers[dependent][provider]
        self.dependents[provider].discard(dependent)
        if self._group[dependent] is self._group[provider]:
            return self._rearrange(dependent)
        return self._spread(self._group[dependent])

    def _spread(self, group: _Group) -> set[Key]:
        """Settle this group anew, and those who depend on it as far as something changes; lower ranks first."""
        waiting, ranks, changed = {group.rank: group}, [group.rank], set[Key]()
        while ranks:
            group = waiting.pop(heappop(ranks))
            if not self._settle(group):
                continue
            changed.update(group.members)
            for member in group.members:
                for key in self.dependents[member]:
                    above = self._group[key]
                    if above is not group and above.rank not in waiting:
                        waiting[above.rank] = above
                        heappush(ranks, above.rank)
        return changed

    def _rearrange(self, key: Key) -> set[Key]:
        """The edges of `key` changed so that cycles may have come or gone: only those who reach it can be part of one."""
        reached, waiting = {key}, [key]
        while waiting:
            fresh = self.dependents[waiting.pop()] - reached
            reached |= fresh
            waiting.extend(fresh)
        before = {member: self._group[member].sums for member in reached}
        self._arrange(reached)
        return {member for member, sums in before.items() if self._group[member].sums != sums}

    def _arrange(self, keys: Iterable[Key]) -> None:
        """Group these nodes anew, providers first, and settle each. Whoever depends on one of them must be among them."""
        inside = keys if isinstance(keys, (dict, set)) else set(keys)
        for members in _components(inside, self.providers):
            self._highest += 1
            group = _Group(members, self._highest)
            for member in members:
                self._group[member] = group
            self._settle(group)

    def _settle(self, group: _Group) -> bool:
        """Compute this group from what it needs; whether what it hands on changed."""
        before = group.sums
        if len(group.members) == 1:
            group.sums = self._alone(group.members[0], group)
        else:
            self._together(group)
        return group.sums != before

    def _alone(self, key: Key, group: _Group) -> _Sums:
        """What this node comes to with its providers outside the group. Of two equal hops, itself, then the lower key."""
        node, groups = self.nodes[key], self._group
        whole, own_loss = node.rto or 0, node.rpo or 0
        own = whole if node.own is None else node.own
        total, loss, via, loss_via = max(whole, own), own_loss, None, None
        total_open, loss_open = node.rto is None and node.own is None, node.rpo is None
        for provider, parallel in self.providers[key].items():
            below = groups[provider]
            if below is group:
                continue
            its_total, its_loss, its_total_open, its_loss_open = below.sums
            if not parallel:
                its_total += own
            if its_total > total or (its_total == total and via is not None and provider < via):
                total, via = its_total, provider
            if its_loss > loss or (its_loss == loss and loss_via is not None and provider < loss_via):
                loss, loss_via = its_loss, provider
            total_open |= its_total_open
            loss_open |= its_loss_open
        self._via[key], self._loss_via[key] = via, loss_via
        return _Sums(total, loss, total_open, loss_open)

    def _together(self, group: _Group) -> None:
        """A cycle: the longest member decides for all, and the others lead to it by the shortest way."""
        sums = {member: self._alone(member, group) for member in group.members}
        group.sums = _Sums(
            max(one.total for one in sums.values()), max(one.loss for one in sums.values()),
            any(one.total_open for one in sums.values()), any(one.loss_open for one in sums.values()),
        )  # fmt: skip
        self._lead(group, {key for key, one in sums.items() if one.total == group.sums.total}, self._via)
        self._lead(group, {key for key, one in sums.items() if one.loss == group.sums.loss}, self._loss_via)

    def _lead(self, group: _Group, deciding: set[Key], via: dict[Key, Key | None]) -> None:
        """Let each member that does not decide lead to one that does."""
        found, level = set(deciding), deciding
        while level:
            further: dict[Key, Key] = {}
            for hop in sorted(level, reverse=True):
                for key in self.dependents[hop]:
                    if key not in found and self._group.get(key) is group:
                        further[key] = hop
            via.update(further)
            level = set(further)
            found |= level


def _walk(key: Key, via: dict[Key, Key | None]) -> tuple[Key, ...]:
    path = [key]
    while (hop := via[path[-1]]) is not None:
        path.append(hop)
    return tuple(path)


def _components(inside: dict[Key, Node] | set[Key], providers: dict[Key, dict[Key, bool]]) -> Iterator[list[Key]]:
    """The strongly connected components of these nodes, providers first: Tarjan's way, with a stack of our own."""
    order: dict[Key, int] = {}  # when it was come upon; beyond all of them once its component is known
    low: dict[Key, int] = {}
    stack: list[Key] = []
    work: list[tuple[Key, Iterator[Key]]] = []
    for root in inside:
        fresh = None if root in order else root
        while fresh is not None or work:
            if fresh is not None:
                order[fresh] = low[fresh] = len(order)
                stack.append(fresh)
                work.append((fresh, iter(providers[fresh])))
            key, rest = work[-1]
            fresh = None
            for provider in rest:
                if provider not in order and provider in inside:
                    fresh = provider
                    break
                low[key] = min(low[key], order.get(provider, _BEYOND))
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
                if low[key] == order[key]:
                    yield _component(key, stack, order)


def _component(key: Key, stack: list[Key], order: dict[Key, int]) -> list[Key]:
    members: list[Key] = []
    while not members or members[-1] != key:
        members.append(stack.pop())
        order[members[-1]] = _BEYOND
    return members
