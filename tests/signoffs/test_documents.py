"""Documents that are signed: one form of bytes, one digest, changes in place."""

import json

from hypothesis import given
from hypothesis import strategies as st

from signoffs.documents import canonical, compare, digest, document, plain_text

words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=40)
names = st.text("abcdefghij", min_size=1, max_size=6)
entries = st.lists(st.tuples(names, words, words), max_size=6, unique_by=lambda entry: entry[0])
documents = st.builds(
    lambda title, summary, facts, texts: document(title=title, summary=summary, facts=facts, texts=texts),
    words, words, entries, entries,
)  # fmt: skip


@given(documents)
def test_the_bytes_survive_storage_and_any_order_of_keys(doc):
    stored = json.loads(json.dumps(doc))
    backwards = dict(reversed(list(stored.items())))
    assert canonical(stored) == canonical(backwards) == canonical(doc)
    assert digest(stored) == digest(doc)


@given(documents)
def test_the_bytes_read_back_as_the_document(doc):
    assert json.loads(canonical(doc)) == doc


@given(documents, documents)
def test_two_documents_have_one_digest_only_when_they_are_the_same(one, other):
    assert (digest(one) == digest(other)) == (one == other)


@given(documents, st.data())
def test_any_changed_leaf_changes_the_digest(doc, data):
    changed = json.loads(json.dumps(doc))
    leaves = ["title", "summary", *range(len(doc["facts"]))]
    leaf = data.draw(st.sampled_from(leaves))
    if isinstance(leaf, str):
        changed[leaf] += "."
    else:
        changed["facts"][leaf]["value"] += "."
    assert digest(changed) != digest(doc)


def test_the_digest_is_the_same_in_every_version():
    doc = document(
        title="Høyre: target", summary="Back.", facts=[("rto", "RTO", "60 s")], texts=[("why", "Why", "So.")]
    )
    assert (
        canonical(doc)
        == (
            '{"facts":[{"label":"RTO","name":"rto","value":"60 s"}],"format":1,"summary":"Back.",'
            '"texts":[{"heading":"Why","name":"why","text":"So."}],"title":"Høyre: target"}'
        ).encode()
    )
    assert digest(doc) == "e7e128c041fa0f6701d46fd7d80e135380195cc86571e058b062a07801a67122"


@given(documents)
def test_against_itself_and_against_nothing_a_document_has_no_changes(doc):
    assert compare(doc, doc).changes == compare(doc, None).changes == 0


@given(documents, documents)
def test_every_line_is_either_changed_or_unchanged(new, old):
    comparison = compare(new, old)
    assert len(comparison.changed) + len(comparison.unchanged) == len(comparison.lines)
    assert compare(new, None).unchanged == []
    assert compare(new, None).is_first
    assert not compare(new, new).changed


def test_a_rewording_changes_the_reason_and_nothing_that_is_promised():
    old, new = _doc([("rto", "RTO", "60 s")], [("why", "Why", "It burns.")]), _doc([("rto", "RTO", "60 s")])
    new["texts"] = [{"name": "why", "heading": "Why", "text": "It is on fire."}]
    comparison = compare(new, old)
    assert (comparison.changed, comparison.unchanged) == (["Why"], ["The promise in one sentence", "RTO"])


@given(documents, documents)
def test_the_marked_pieces_hold_the_new_text_and_the_old(new, old):
    comparison = compare(new, old)
    for line in (comparison.summary, *comparison.facts, *comparison.texts):
        kept = "".join(p.text for p in line.pieces if not p.is_gone)
        assert kept.split() == line.value.split()


def _doc(facts, texts=()):
    return document(title="T", summary="Back within 60 s. At most 5 s of data lost.", facts=facts, texts=list(texts))


def test_what_is_new_changed_or_gone_is_counted():
    old = _doc([("a", "A", "1"), ("b", "B", "2"), ("c", "C", "3")], [("x", "X", "why")])
    new = _doc([("a", "A", "1"), ("b", "B", "9"), ("d", "D", "4")])
    comparison = compare(new, old)
    assert comparison.changes == 4
    assert [(line.label, line.value, line.before, line.is_new, line.is_gone) for line in comparison.facts] == [
        ("A", "1", None, False, False),
        ("B", "9", "2", False, False),
        ("D", "4", None, True, False),
        ("C", "", "3", False, True),
    ]
    assert comparison.texts[0].is_gone


def test_only_the_changed_words_of_a_sentence_are_marked():
    old, new = _doc([]), _doc([])
    new["summary"] = "Back within 5 min. At most 5 s of data lost."
    pieces = compare(new, old).summary.pieces
    assert [p.text for p in pieces if p.is_new] == ["5 min"]
    assert [p.text for p in pieces if p.is_gone] == ["60 s"]


def test_a_text_of_many_words_is_compared_at_once():
    old, new = _doc([], [("x", "X", "word " * 20_000)]), _doc([], [("x", "X", "other " * 20_000)])
    assert [p.is_new for p in compare(new, old).texts[0].pieces] == [True, False]


def test_the_plain_text_holds_every_leaf():
    text = plain_text(_doc([("rto", "RTO", "60 s")], [("why", "Why", "It burns.")]))
    assert text == "T\n\nBack within 60 s. At most 5 s of data lost.\n\nRTO: 60 s\n\nWhy\nIt burns.\n"
