"""The chain as a pure module: what it finds, whatever the lines say and wherever they are touched."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from audit import chain
from audit.chain import Fault, Head, Line, Link

texts = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, values, max_size=3).map(json.dumps)
numbers = st.integers(0, 2**63 - 1)
lines = st.builds(
    Line, numbers, texts, texts, st.none() | numbers, texts, texts, texts, texts, texts, texts, objects, objects
)
trails = st.lists(lines, min_size=3, max_size=7, unique_by=lambda line: line.id)


def sealed(some: list[Line]) -> list[Link]:
    links, digest = [], chain.GENESIS
    for position, line in enumerate(some, 1):
        digest = chain.link(digest, position, chain.encode(line))
        links.append(Link(position, line.id, chain.ENCODING, digest, line))
    return links


def head_of(links: list[Link]) -> Head:
    return Head(links[-1].position, links[-1].digest)


def renumbered(links: list[Link]) -> list[Link]:
    return [link._replace(position=n) for n, link in enumerate(links, 1)]


def test_the_encoding_is_the_documented_one_byte_by_byte():
    line = Line(7, "2026-11-21T08:30:00.000000Z", "a.b", None, "Åse \"\\\n\x7f😀", "page", "t", "1", "n", "t:1",
                '{"b": [true, null, -3], "a": {"é": "x/y"}}', '{"part": 1.50}')  # fmt: skip
    assert chain.encode(line) == (
        rb'[1,7,"2026-11-21T08:30:00.000000Z","a.b",null,"\u00c5se \"\\\n\u007f\ud83d\ude00","page","t","1","n","t:1",'
        rb'{"a":{"\u00e9":"x/y"},"b":[true,null,-3]},{"part":"\u00001.50"}]'
    )
    assert chain.link(bytes(32), 1, b"x") == hashlib.sha256(bytes(32) + b"\0\0\0\0\0\0\0\1x").digest()


def test_a_number_that_python_cannot_read_does_not_stop_the_chain():
    nines = "9" * 5000
    assert chain.values(f'{{"n": {nines}, "m": -5}}') == {"n": f"\0{nines}", "m": -5}


@given(lines)
def test_the_encoding_can_be_read_back_so_that_no_two_lines_share_one(line: Line):
    whole = [1, *line[:10], json.loads(line.before), json.loads(line.after)]
    assert json.dumps(json.loads(chain.encode(line)), sort_keys=True) == json.dumps(whole, sort_keys=True)


@given(trails)
def test_a_whole_chain_holds(some: list[Line]):
    links = sealed(some)
    assert chain.verify(iter(links), head_of(links)) == chain.Report(head_of(links), None)
    assert chain.verify([]) == chain.Report(Head(0, chain.GENESIS), None)


@given(trails, st.data())
def test_any_changed_field_is_found_where_it_stands(some: list[Line], data: st.DataObject):
    links = sealed(some)
    n = data.draw(st.integers(0, len(links) - 1))
    field = data.draw(st.sampled_from(Line._fields))
    was = links[n].line
    assert was is not None
    changed = was._replace(**{field: getattr(data.draw(lines), field)})
    links[n] = links[n]._replace(line=changed)
    report = chain.verify(links)
    if chain.encode(changed) == chain.encode(was):
        assert report.broken is None
    else:
        assert report.broken is not None
        assert (report.broken.position, report.broken.event_id) == (n + 1, links[n].event_id)
        assert report.broken.fault is Fault.ALTERED
        assert report.head.size == n


@given(trails, st.data())
def test_any_flipped_bit_of_a_digest_is_found(some: list[Line], data: st.DataObject):
    links = sealed(some)
    n, bit = data.draw(st.integers(0, len(links) - 1)), data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(links[n].digest, "big") ^ 1 << bit).to_bytes(32, "big")
    links[n] = links[n]._replace(digest=flipped)
    broken = chain.verify(links).broken
    assert broken is not None
    assert broken.position == n + 1


@given(trails, st.data(), st.booleans())
def test_any_deletion_before_the_tail_is_found(some: list[Line], data: st.DataObject, renumber: bool):
    links = sealed(some)
    n = data.draw(st.integers(0, len(links) - 2))
    del links[n]
    broken = chain.verify(renumbered(links) if renumber else links).broken
    assert broken is not None
    assert broken.position == n + 1
    if n < len(links) - 1 or not renumber:  # the link after it tells what happened
        assert broken.fault is Fault.MISSING


@given(trails, st.data())
def test_an_event_that_vanished_under_its_seal_is_missing(some: list[Line], data: st.DataObject):
    links = sealed(some)
    n = data.draw(st.integers(0, len(links) - 1))
    links[n] = links[n]._replace(line=None)
    broken = chain.verify(links).broken
    assert broken is not None
    assert (broken.position, broken.fault) == (n + 1, Fault.MISSING)


@given(trails, st.data())
def test_any_swap_of_neighbours_is_found(some: list[Line], data: st.DataObject):
    links = sealed(some)
    n = data.draw(st.integers(0, len(links) - 2))
    one, other = links[n], links[n + 1]
    whole = [*links[:n], other, one, *links[n + 2 :]]
    events_only = [
        *links[:n],
        one._replace(event_id=other.event_id, line=other.line),
        other._replace(event_id=one.event_id, line=one.line),
        *links[n + 2 :],
    ]
    for swapped in (whole, renumbered(whole), events_only):
        broken = chain.verify(swapped).broken
        assert broken is not None
        assert broken.fault is Fault.OUT_OF_ORDER
        assert broken.position in (n + 1, n + 2)


@given(trails, st.data())
def test_any_far_swap_is_found(some: list[Line], data: st.DataObject):
    links = sealed(some)
    n = data.draw(st.integers(0, len(links) - 3))
    m = data.draw(st.integers(n + 2, len(links) - 1))
    links[n], links[m] = links[m], links[n]
    for swapped in (links, renumbered(links)):
        broken = chain.verify(swapped).broken
        assert broken is not None
        assert broken.position >= n + 1


@given(trails, lines, st.data())
def test_any_insertion_before_the_tail_is_found(some: list[Line], forged: Line, data: st.DataObject):
    links = sealed(some)
    n = data.draw(st.integers(0, len(links) - 1))
    digest = data.draw(st.binary(min_size=32, max_size=32))
    new = Link(n + 1, forged.id, chain.ENCODING, digest, forged)
    broken = chain.verify(renumbered([*links[:n], new, *links[n:]])).broken
    assert broken is not None
    assert (broken.position, broken.fault) == (n + 1, Fault.INSERTED)
    doubled = chain.verify([*links[:n], new, *links[n:]]).broken
    assert doubled is not None
    assert doubled.position == n + 1


@given(trails, st.data())
def test_a_cut_tail_is_found_only_with_a_head_kept_outside(some: list[Line], data: st.DataObject):
    links = sealed(some)
    outside = head_of(links)
    cut = links[: data.draw(st.integers(0, len(links) - 1))]
    assert chain.verify(cut).broken is None
    broken = chain.verify(cut, outside).broken
    assert broken is not None
    assert (broken.position, broken.fault) == (len(cut) + 1, Fault.CUT)


@given(trails, lines, st.data())
def test_a_chain_computed_anew_is_found_only_with_a_head_kept_outside(
    some: list[Line], forged: Line, data: st.DataObject
):
    links = sealed(some)
    n = data.draw(st.integers(0, len(links) - 1))
    anew = sealed([*some[:n], forged, *some[n + 1 :]])
    assert chain.verify(anew).broken is None
    if chain.encode(forged) != chain.encode(some[n]):
        broken = chain.verify(anew, head_of(links)).broken
        assert broken is not None
        assert (broken.position, broken.fault) == (len(links), Fault.REWRITTEN)


def test_a_seal_of_an_unknown_encoding_is_not_believed():
    [link] = sealed([Line(1, "", "", None, "", "", "", "", "", "", "{}", "{}")])
    broken = chain.verify([link._replace(encoding=2)]).broken
    assert broken is not None
    assert broken.fault is Fault.ALTERED


@given(st.integers(0, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_a_head_can_be_written_down_and_read_again(size: int, digest: bytes):
    assert Head.read(str(Head(size, digest))) == Head(size, digest)
