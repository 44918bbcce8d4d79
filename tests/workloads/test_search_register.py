"""The register searched by words in any order and by typing mistakes, on the page and in JSON."""

from __future__ import annotations

import pytest

from people.models import Team
from tests.cast import NOW, PASSWORD, give
from workloads import queries, question, services
from workloads.models import Word, Workload
from workloads.reach import reach_of
from workloads.slips import nearest, slips


def _add(cast, name, **values):
    return services.add_workload(
        by=cast.head, at=NOW, **({"name": name, "purpose": "x", "owner_team": cast.team} | values)
    )


def _page(page, user, typed):
    answer = page(user).get("/workloads/", {"q": typed})
    return [row["name"] for row in answer.context["page"].object_list], answer.text


@pytest.fixture
def register(cast):
    elsewhere = Team.objects.create(name="Claims Friends")
    _add(
        cast,
        "Ledger Archive",
        purpose="Keeps what auditors want.",
        business_unit="Norwegian motor",
        owner_team=elsewhere,
    )
    _add(cast, "Broker Portal", reference="BRK-77", purpose="Partners ask here.", owner_team=elsewhere)
    return cast


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("archive ledger", ["Ledger Archive"]), ("LEDGER auditors", ["Ledger Archive"]), ("motor led", ["Ledger Archive"]),
        ("friends brk-77", ["Broker Portal"]), ("ledger partners", []), ("legder", ["Ledger Archive"]),
        ("ledgr archvie", ["Ledger Archive"]), ("hbu paymnt", ["Payment Hub"]), ("norwegain", ["Ledger Archive"]),
        ("broekr", ["Broker Portal"]), ("zedger", ["Ledger Archive"]), ("archi", ["Ledger Archive"]),
        ("arhciv", ["Ledger Archive"]),
        ("freinds", ["Broker Portal", "Ledger Archive"]), ("zebra", []), ("BRK-78", []), ("qx", []),
    ],
)  # fmt: skip
def test_words_are_found_in_any_order_and_with_typing_mistakes(register, page, typed, found):
    assert _page(page, register.head, typed)[0] == found
    client = page(register.head)
    rows = client.get("/api/v1/workloads/", {"q": typed, "ordering": "name"}).json()["results"]
    assert sorted(row["name"] for row in rows) == sorted(found)


def test_the_page_says_what_it_took_a_word_for(register, page):
    text = _page(page, register.head, "ledgr")[1]
    assert "Nothing has “ledgr”; this is close: “ledger”." in text
    assert "this is close" not in _page(page, register.head, "ledger")[1]
    assert "this is close" not in _page(page, register.head, "zebra")[1]


def test_a_stranger_does_not_learn_words_of_names_she_may_not_see(register, page):
    found, text = _page(page, register.stranger, "ledgr")
    assert found == []
    assert "ledger" not in text.lower().replace("ledgr", "")


def test_a_word_is_known_as_soon_as_its_name_is_and_once(register):
    before = Word.objects.filter(word="ledger").count()
    load = _add(register, "Ledger Two")
    assert Word.objects.filter(word="ledger").count() == before == 1
    services.change_workload(workload=load, by=register.head, at=NOW, name="Cassiopeia Ledger")
    assert Word.objects.filter(word="cassiopeia").exists()


@pytest.mark.parametrize(
    ("typed", "word", "number"),
    [("hub", "hub", 0), ("hbu", "hub", 1), ("pament", "payment", 1), ("paymennt", "payment", 1), ("poyment", "payment", 1),
     ("", "abc", 3), ("ab", "ba", 1), ("kitten", "sitting", 3)],
)  # fmt: skip
def test_slips_are_letters_missing_too_many_wrong_or_swapped(typed, word, number):
    assert slips(typed, word) == slips(word, typed) == number


def test_only_the_nearest_words_are_meant():
    assert nearest("paymnt", ["payment", "payments", "claims"]) == ["payment"]
    assert nearest("hu", ["hub"]) == []
    assert nearest("zebra", ["payment", "hub"]) == []
    assert nearest("claming", ["claiming", "claim"]) == ["claiming"]


def test_who_has_many_sees_the_same_as_who_has_few(register, monkeypatch, page):
    """Few are named by their numbers, many are asked for row by row."""
    give("workload-team", register.owner, workload=Workload.objects.get(name="Broker Portal"))
    for number in range(4):
        _add(register, f"Load {number}")
    today = NOW.date()
    for who in (register.owner, register.stakeholder, register.stranger, register.head):
        few = reach_of(who, today)
        monkeypatch.setattr("workloads.reach.FEW", 0)
        many = reach_of(who, today)
        monkeypatch.undo()
        visible = Workload.objects.visible_to(who)
        assert set(few.seen) == set(many.seen) == set(visible)
        assert set(visible.filter(few.mine)) == set(visible.filter(many.mine))
    assert {load.name for load in Workload.objects.filter(reach_of(register.owner, today).mine)} >= {
        "Broker Portal",
        "Load 1",
    }


def test_a_tab_says_no_more_than_a_thousand_or_more(register, page, monkeypatch):
    for module in (queries, question):
        monkeypatch.setattr(module, "TAB_MAX", 2)
    monkeypatch.setattr("workloads.views_list.TAB_MAX", 2)
    counts = {label: count for label, count, _, _ in page(register.head).get("/workloads/").context["tabs"]}
    assert (counts["Never proven"], counts["All"]) == ("2+", "3")


def test_downwards_every_page_follows_the_one_before(cast, page, monkeypatch):
    """What lacks the value comes last, over the edge of a page too."""
    monkeypatch.setattr(question, "PAGE_SIZE", 2)
    for number in range(5):
        _add(cast, f"Load {number}")
    Workload.objects.filter(name__in=["Load 1", "Load 3", "Load 4"]).update(proven_on=NOW.date())
    found = []
    for number in (1, 2, 3):
        rows = page(cast.head).get(f"/workloads/?sort=-proven&page={number}").context["page"].object_list
        found += [row["name"] for row in rows]
    assert found == ["Load 4", "Load 3", "Load 1", "Payment Hub", "Load 2", "Load 0"]


def test_who_types_hostile_text_finds_nothing_and_breaks_nothing(client, cast):
    assert client.login(email=cast.head.email, password=PASSWORD)
    for typed in ("%%%", "_ _", "\\", "a' OR 1=1", "ſßÄ", "漢字かな", "a" * 100, "٣٤٥"):
        assert client.get("/workloads/", {"q": typed}).status_code == 200
        assert client.get("/api/v1/workloads/", {"q": typed}).status_code == 200
