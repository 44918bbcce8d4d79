"""The chain, tried against brute force: every path on small graphs, cycles included."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.chain.kernel import Chain, Edge, Node

SECONDS = st.none() | st.integers(0, 9)


@st.composite
def graphs(draw, acyclic=False, most=7):
    count = draw(st.integers(1, most))
    nodes = [Node(key, None, draw(SECONDS), draw(SECONDS), own=draw(SECONDS)) for key in range(count)]
    pairs = [(a, b) for a in range(count) for b in range(count) if (a < b if acyclic else a != b)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=14)) if pairs else []
    return nodes, [Edge(a, b, draw(st.booleans())) for a, b in chosen]


def reach(key, edges):
    """Everything that `key` needs, itself included."""
    found, waiting = {key}, [key]
    while waiting:
        here = waiting.pop()
        fresh = {e.provider for e in edges if e.dependent == here} - found
        found |= fresh
        waiting += fresh
    return found


def in_parallel(edges):
    """The same edges with those inside a cycle at the same time."""
    return [e._replace(parallel=True) if e.dependent in reach(e.provider, edges) else e for e in edges]


def alone(nodes):
    """What each takes when it waits for nobody: at least its best evidence for the whole."""
    return {node.key: max(node.rto or 0, node.own or 0) for node in nodes}


def afterwards(nodes):
    """What each takes once everything that it waits for is there: all of its time where nobody has said."""
    return {node.key: (node.rto or 0) if node.own is None else node.own for node in nodes}


def by_every_path(nodes, edges):
    """total of each node on a graph without cycles: the longest over all paths and over where each begins to count."""
    whole, own = alone(nodes), afterwards(nodes)

    def longest(key):
        return max(
            [whole[key], *(longest(e.provider) + (0 if e.parallel else own[key]) for e in edges if e.dependent == key)]
        )

    return {key: longest(key) for key in own}


def by_fixpoint(nodes, edges):
    """total of each node with cycles: repeat the definition until nothing grows."""
    own, total, edges = afterwards(nodes), alone(nodes), in_parallel(edges)
    while True:
        fresh = dict(total)
        for e in edges:
            fresh[e.dependent] = max(fresh[e.dependent], total[e.provider] + (0 if e.parallel else own[e.dependent]))
        if fresh == total:
            return total
        total = fresh


def along(path, nodes, edges):
    """What the hops of a path come to, from its end back to its beginning."""
    own = afterwards(nodes)
    how = {(e.dependent, e.provider): e.parallel for e in in_parallel(edges)}
    total = alone(nodes)[path[-1]]
    for dependent, provider in reversed(list(pairwise(path))):
        total += 0 if how[dependent, provider] else own[dependent]
    return total


@given(graphs(acyclic=True))
def test_without_cycles_the_time_is_that_of_the_longest_of_all_paths(graph):
    nodes, edges = graph
    chain = Chain(nodes, edges)
    assert {node.key: chain[node.key].rto_seconds for node in nodes} == by_every_path(nodes, edges)
    assert chain.cycles() == []


@given(graphs())
def test_with_cycles_the_time_is_the_least_that_satisfies_the_definition(graph):
    nodes, edges = graph
    chain = Chain(nodes, edges)
    assert {node.key: chain[node.key].rto_seconds for node in nodes} == by_fixpoint(nodes, edges)


@given(graphs())
def test_loss_bounds_and_cycles_are_what_can_be_reached(graph):
    nodes, edges = graph
    chain, known = Chain(nodes, edges), {node.key: node for node in nodes}
    for key in known:
        answer, below = chain[key], [known[other] for other in reach(key, edges)]
        assert answer.rpo_seconds == max(node.rpo or 0 for node in below)
        assert answer.is_lower_bound == any(node.rto is None and node.own is None for node in below)
        assert answer.rpo_is_lower_bound == any(node.rpo is None for node in below)
        back = tuple(sorted(node.key for node in below if key in reach(node.key, edges)))
        assert answer.cycle == (back if len(back) > 1 else ())


@given(graphs())
def test_the_path_leads_over_edges_to_the_hop_that_decides(graph):
    nodes, edges = graph
    chain, known = Chain(nodes, edges), {node.key: node for node in nodes}
    pairs = {(e.dependent, e.provider) for e in edges}
    for key in known:
        answer = chain[key]
        for path in (answer.path, answer.rpo_path):
            assert path[0] == key
            assert len(set(path)) == len(path)
            assert set(pairwise(path)) <= pairs
        assert along(answer.path, nodes, edges) == answer.rto_seconds
        assert (known[answer.rpo_path[-1]].rpo or 0) == answer.rpo_seconds


@given(graphs(), st.randoms())
def test_the_order_of_the_rows_does_not_matter(graph, random):
    nodes, edges = graph
    before = Chain(nodes, edges)
    random.shuffle(nodes)
    random.shuffle(edges)
    after = Chain(nodes, edges)
    assert all(before[node.key] == after[node.key] for node in nodes)


@settings(max_examples=300)
@given(graphs(), st.data())
def test_a_change_taken_in_answers_as_if_all_were_computed_from_scratch(graph, data):
    nodes, edges = graph
    chain = Chain(nodes, edges)
    known, present = {node.key: node for node in nodes}, {(e.dependent, e.provider): e for e in edges}
    for _ in range(data.draw(st.integers(1, 6))):
        before = {key: chain[key] for key in known}
        kind = data.draw(st.sampled_from(["node", "edge", "without"]))
        key = data.draw(st.sampled_from(sorted(known)))
        other = data.draw(st.sampled_from(sorted(known)))
        if kind == "node":
            key = data.draw(st.sampled_from([*sorted(known), len(known)]))
            known[key] = Node(key, None, data.draw(SECONDS), data.draw(SECONDS), own=data.draw(SECONDS))
            changed = chain.update(node=known[key])
        elif kind == "edge" and key != other:
            present[key, other] = Edge(key, other, data.draw(st.booleans()))
            changed = chain.update(edge=present[key, other])
        elif present:
            pair = data.draw(st.sampled_from(sorted(present)))
            del present[pair]
            changed = chain.update(without=pair)
        else:
            continue
        fresh = Chain(known.values(), present.values())
        assert {key: chain[key] for key in known} == {key: fresh[key] for key in known}
        assert chain.cycles() == fresh.cycles()
        assert {k for k in before if before[k][:2] != chain[k][:2]} <= changed


def test_after_it_adds_up_and_beside_it_the_longer_counts():
    nodes = [Node(1, rto=60), Node(2, rto=900), Node(3, rto=600)]
    one_after_the_other = Chain(nodes, [Edge(1, 2), Edge(2, 3)])
    assert one_after_the_other[1][:3] == (1560, 0, (1, 2, 3))
    beside = Chain(nodes, [Edge(1, 2, True), Edge(2, 3, True)])
    assert beside[1][:3] == (900, 0, (1, 2))


@given(graphs())
def test_nobody_is_back_before_the_best_evidence_for_the_whole(graph):
    nodes, edges = graph
    chain = Chain(nodes, edges)
    assert all(chain.total(node.key) >= (node.rto or 0) for node in nodes)


@given(graphs(), st.data())
def test_a_shorter_own_time_never_makes_anybody_slower(graph, data):
    nodes, edges = graph
    before = Chain(nodes, edges)
    key = data.draw(st.sampled_from(range(len(nodes))))
    shorter = data.draw(st.integers(0, afterwards(nodes)[key]))
    nodes[key] = nodes[key]._replace(own=shorter)
    after = Chain(nodes, edges)
    assert all(after.total(node.key) <= before.total(node.key) for node in nodes)


def test_only_its_own_time_is_added_to_what_it_waits_for():
    edges = [Edge(1, 2), Edge(2, 3)]
    promised = [Node(1, rto=900), Node(2, rto=600), Node(3, rto=300)]
    assert Chain(promised, edges)[1].rto_seconds == 1800
    said = [promised[0]._replace(own=120), promised[1]._replace(own=60), promised[2]]
    chain = Chain(said, edges)
    assert (chain[1].rto_seconds, chain[1].path) == (900, (1,))  # 300 + 60 + 120 is within what it promises
    assert chain[2].rto_seconds == 600
    assert chain.update(node=said[0]._replace(own=700)) == {1}
    assert (chain[1].rto_seconds, chain[1].path) == (1300, (1, 2))


def test_an_own_time_alone_is_something_known():
    chain = Chain([Node(1, own=60), Node(2, rto=30)], [Edge(1, 2)])
    assert (chain[1].rto_seconds, chain[1].is_lower_bound) == (90, False)


def test_the_worst_loss_below_is_named_with_its_path():
    chain = Chain([Node(1, rpo=0), Node(2, rpo=5), Node(3, rpo=300)], [Edge(1, 2), Edge(2, 3, True)])
    assert (chain[1].rpo_seconds, chain[1].rpo_path) == (300, (1, 2, 3))


def test_somebody_unknown_makes_a_lower_bound():
    chain = Chain([Node(1, rto=60, rpo=1), Node(2, rto=None, rpo=1)], [Edge(1, 2)])
    assert chain[1].rto_seconds == 60
    assert chain[1].is_lower_bound
    assert not chain[1].rpo_is_lower_bound


def test_every_member_of_a_cycle_reports_it_and_takes_as_long_as_the_longest():
    chain = Chain([Node(k, rto=10 * k) for k in (1, 2, 3, 4)], [Edge(1, 2), Edge(2, 3), Edge(3, 1), Edge(4, 1)])
    for key in (1, 2, 3):
        assert chain[key].cycle == (1, 2, 3)
        assert chain[key].rto_seconds == 30
    assert chain[1].path == (1, 2, 3)
    assert chain[4].cycle == ()
    assert chain[4].rto_seconds == 70


def test_an_edge_to_nobody_is_refused():
    with pytest.raises(KeyError):
        Chain([Node(1)], [Edge(1, 2)])


def test_a_chain_of_twenty_thousand_and_a_cycle_as_long_need_no_recursion():
    size = 20_000
    nodes = [Node(key, rto=1, rpo=1) for key in range(size)]
    line = [Edge(key, key + 1) for key in range(size - 1)]
    start = time.perf_counter()
    chain = Chain(nodes, line)
    assert chain[0].rto_seconds == size
    assert len(chain[0].path) == size
    assert chain.update(edge=Edge(size - 1, 0)) == set(range(size)) - {size - 1}
    assert len(chain[size // 2].cycle) == size
    assert chain[0].rto_seconds == 1
    chain.update(without=(size - 1, 0))
    assert chain[0].rto_seconds == size
    assert time.perf_counter() - start < 10


def test_a_change_looks_only_at_those_above_it():
    chain = Chain([Node(key, rto=1) for key in range(6)], [Edge(0, 1), Edge(1, 2), Edge(3, 2), Edge(4, 5)])
    assert chain.update(node=Node(1, rto=5)) == {0, 1}
    assert chain.update(node=Node(1, rto=5)) == set()
    assert chain.update(edge=Edge(4, 5, True)) == {4}
    assert chain.update(without=(3, 2)) == {3}
