"""The register: who sees what, search, filters, order, pages, the file."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.utils import timezone

from people.models import RoleAssignment, Team
from tests.cast import NOW, give, propose, put_in_force
from tests.past import rewriting_history
from tests.workloads.states import in_state
from workloads import queries, question, reviews, services, views_list
from workloads.models import Classification, Lifecycle, Proof, Workload


def _add(cast, name, **values):
    return services.add_workload(
        by=cast.head, at=NOW, **({"name": name, "purpose": "x", "owner_team": cast.team} | values)
    )


def _names(answer):
    return [row["name"] for row in answer.context["page"].object_list]


def test_everybody_sees_what_is_hers(cast, page):
    _add(cast, "Claims Desk", owner_team=Team.objects.create(name="Claims"))
    seen = {
        who: _names(page(getattr(cast, who)).get("/workloads/")) for who in ("head", "auditor", "owner", "stakeholder")
    }
    both = ["Claims Desk", "Payment Hub"]
    assert seen == {"head": both, "auditor": both, "owner": ["Payment Hub"], "stakeholder": ["Payment Hub"]}


def test_a_stranger_sees_an_explanation_and_no_name(cast, page):
    text = page(cast.stranger).get("/workloads/").text
    assert "No workload is yours to see yet" in text
    assert "Payment Hub" not in text
    assert "Add workload" not in text


def test_an_empty_register_says_what_it_is_for_and_who_may_begin(cast, page):
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id=cast.workload.pk).delete()
    Workload.objects.all().delete()
    text = page(cast.head).get("/workloads/").text
    assert "No workload is registered yet" in text
    assert "/workloads/add/" in text


def test_somebody_not_signed_in_is_sent_to_sign_in(client, db):
    assert client.get("/workloads/").url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("q=hub", ["Payment Hub"]), ("q=HUB", ["Payment Hub"]), ("q=claims", ["Payment Hub"]), ("q=app-1", ["Payment Hub"]),
        ("q=money", ["50 % off_er's \"Desk\""]), ("q=Money", ["50 % off_er's \"Desk\""]), ("q=payments", ["Payment Hub"]),
        ("q=%25", ["50 % off_er's \"Desk\""]), ("q=_", ["50 % off_er's \"Desk\""]), ("q=%27", ["50 % off_er's \"Desk\""]),
        ("q=%22", ["50 % off_er's \"Desk\""]), ("q=%5C", []), ("q=nothing+like+it", []),
        ("tier=none", ["50 % off_er's \"Desk\""]), ("tier=1", ["Payment Hub"]), ("tier=0", []),
        ("tier=1&tier=none", ["Payment Hub", "50 % off_er's \"Desk\""]),
        ("state=signed_off", ["Payment Hub"]), ("state=none", ["50 % off_er's \"Desk\""]), ("state=in_review", []),
        ("proof=met", ["Payment Hub"]), ("proof=never", ["50 % off_er's \"Desk\""]), ("proof=missed", []),
        ("lifecycle=planned", ["50 % off_er's \"Desk\""]), ("lifecycle=live", ["Payment Hub"]),
        ("review=overdue", []), ("review=90", ["Payment Hub"]), ("review=30", []),
        ("view=critical", ["Payment Hub"]), ("view=unproven", ["50 % off_er's \"Desk\""]), ("view=due", []), ("view=mine", []),
        ("q=hub&tier=none", []),
    ],
)  # fmt: skip
def test_search_and_filters_find(cast, page, question, found):
    put_in_force(cast, at=timezone.now() - dt.timedelta(days=30))
    reviews.note_proof(workload=cast.workload, proven_on=NOW.date(), rto=Proof.MET, rpo=Proof.MET, by=cast.head, at=NOW)
    claims = Team.objects.create(name="Claims team")
    _add(cast, '50 % off_er\'s "Desk"', tags=["money"], owner_team=claims, lifecycle=Lifecycle.PLANNED)
    if question in ("q=claims", "q=payments"):
        Workload.objects.filter(owner_team=claims).update(owner_team=Team.objects.create(name="Zed"))
    assert _names(page(cast.head).get(f"/workloads/?{question}")) == found


def test_my_workloads_are_my_teams_and_those_i_hold_a_role_for(cast, page):
    other = _add(cast, "Claims Desk", owner_team=Team.objects.create(name="Claims"))
    assert _names(page(cast.owner).get("/workloads/?view=mine")) == ["Payment Hub"]
    give("workload-team", cast.owner, workload=other)
    answer = page(cast.owner).get("/workloads/?view=mine")
    assert _names(answer) == ["Claims Desk", "Payment Hub"]
    assert {label: count for label, count, _, _ in answer.context["tabs"]}["My workloads"] == "2"


@pytest.mark.parametrize(
    ("state", "said"),
    [("proposed", "Proposed"), ("in_review", "In review"), ("signed_off", "Signed"), ("rejected", "Rejected"),
     ("withdrawn", "no target")],
)  # fmt: skip
def test_a_row_says_where_its_target_stands(cast, page, state, said):
    in_state(cast, state)
    row = page(cast.head).get("/workloads/").context["page"].object_list[0]
    assert said in row["standing"]
    assert page(cast.head).get(f"/workloads/?state={row['state']}").context["found"] == 1


def test_a_successor_in_review_is_said_beside_the_target_in_force(cast, page):
    put_in_force(cast, tier=2)
    services.send_for_signature(classification=propose(cast, tier=0), by=cast.owner, at=NOW)
    row = page(cast.head).get("/workloads/?state=in_review").context["page"].object_list[0]
    assert "Signed, tier 0 in review" in row["standing"]
    assert row["tier"] == 2


@pytest.mark.parametrize("column", ["name", "tier", "purpose", "team", "target", "state", "proof", "proven", "review"])
def test_every_column_sorts_both_ways_and_what_is_missing_comes_last(cast, page, column):
    put_in_force(cast)
    _add(cast, "Another", purpose="a", owner_team=Team.objects.create(name="A"))
    client = page(cast.head)
    up, down = _names(client.get(f"/workloads/?sort={column}")), _names(client.get(f"/workloads/?sort=-{column}"))
    if column in ("tier", "target", "review"):
        assert up == down == ["Payment Hub", "Another"]
    elif column not in ("proof", "proven"):
        assert up == down[::-1]
    text = client.get(f"/workloads/?sort={column}").text
    assert 'aria-sort="ascending"' in text
    assert f"sort=-{column}" in text


NONSENSE = [
    "page=-1", "page=abc", "page=99999999999999999999999", "page=0", "page=", "tier=abc", "tier=99999999999999999999",
    "q=%00", "q=a%00b", "q=%F0%9F%94%A5", "q=%ED%A0%80", "state=zzz", "team=abc", "team=-1",
    "team=99999999999999999999999", "review=soon", "proof=%00", "lifecycle=x", "sort=zz", "sort=-", "sort=--name", "sort=%00",
    "view=zz", "view=%00", "tier=1&tier=abc", "unknown=1", "%00=1",
]  # fmt: skip


@pytest.mark.parametrize("question", NONSENSE)
@pytest.mark.parametrize("address", ["/workloads/", "/workloads/export/list/"])
def test_nonsense_in_the_address_is_left_out(cast, page, address, question):
    answer = page(cast.head).get(f"{address}?{question}")
    body = answer.getvalue().decode() if answer.streaming else answer.text
    assert answer.status_code == 200
    if not question.startswith(("q=%F0", "q=%ED")):
        assert "Payment Hub" in body


def test_what_people_wrote_is_text_and_never_markup(cast, page):
    nasty = "<script>alert(1)</script>\"'"
    _add(cast, nasty, purpose=f"{nasty} purpose", tags=[nasty])
    text = page(cast.head).get("/workloads/", {"q": "<script>"}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in page(cast.head).get(f"/workloads/{Workload.objects.get(name=nasty).pk}/").text


def test_fifty_a_page_and_no_row_twice_or_never(cast, page):
    Workload.objects.bulk_create(
        Workload(name=f"Load {n:03d}", purpose="x", owner_team=cast.team, added_at=NOW, added_by=cast.head)
        for n in range(120)
    )
    client = page(cast.head)
    pages = [_names(client.get(f"/workloads/?page={n}")) for n in (1, 2, 3)]
    assert [len(names) for names in pages] == [50, 50, 21]
    assert len({name for names in pages for name in names}) == 121
    assert _names(client.get("/workloads/?page=77")) == pages[2]
    text = client.get("/workloads/?page=2&q=load").text
    assert "51 to 100 of 120" in text
    assert "?page=3&amp;q=load" in text or "?q=load&amp;page=3" in text or "page=3" in text


def test_htmx_gets_the_rows_alone(cast, page):
    client = page(cast.head)
    answer = client.get("/workloads/?q=hub", headers={"HX-Request": "true", "HX-Target": "section#rows"})
    assert "<h1>" not in answer.text
    assert "Payment Hub" in answer.text
    assert "HX-Target" in answer["Vary"]
    whole = client.get("/workloads/?q=hub").text
    assert 'hx-get="/workloads/"' in whole
    assert 'hx-push-url="true"' in whole
    assert 'value="hub"' in whole


def test_what_narrows_the_list_can_be_taken_away_one_by_one(cast, page):
    text = page(cast.head).get("/workloads/?q=hub&tier=none&tier=1&view=mine&sort=name&page=3").text
    assert "Tier: Tier 1, Not classified" in text or "Tier: Not classified, Tier 1" in text
    assert 'href="?tier=none&amp;tier=1&amp;view=mine&amp;sort=name"' in text
    assert 'href="?q=hub&amp;view=mine&amp;sort=name"' in text


@pytest.mark.parametrize("question", ["", "q=load&tier=none", "view=mine&sort=-review", "page=2"])
@pytest.mark.parametrize("who", ["head", "owner"])
def test_the_page_costs_the_same_number_of_queries_however_many_rows(
    cast, page, django_assert_max_num_queries, who, question
):
    user, costs = getattr(cast, who), {}
    for size in (2, 4, 51, 61):
        have = Workload.objects.count()
        Workload.objects.bulk_create(
            Workload(name=f"Load {n}", purpose="x", owner_team=cast.team, added_at=NOW, added_by=cast.head)
            for n in range(have, size)
        )
        client = page(user)
        with django_assert_max_num_queries(
            9 if "q=" in question else 8
        ) as counted:  # a search asks which words are known
            assert client.get(f"/workloads/?{question}").status_code == 200
        costs[size] = len(counted)
    assert len(set(costs.values())) == 1, costs


def _rows(answer):
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_the_file_holds_what_the_page_would_show(cast, page):
    put_in_force(cast)
    _add(cast, "Another", tags=["money", "shared"])
    client = page(cast.head)
    rows = _rows(client.get("/workloads/export/list/"))
    assert [row["name"] for row in rows] == ["Payment Hub", "Another"]
    assert (rows[0]["tier"], rows[0]["slo"], rows[0]["rto seconds"], rows[0]["target"]) == (
        "1",
        "99.95",
        "900",
        "signed_off",
    )
    assert rows[1]["tags"] == "money, shared"
    assert [row["name"] for row in _rows(client.get("/workloads/export/list/?tier=none"))] == ["Another"]
    assert _rows(page(cast.stranger).get("/workloads/export/list/")) == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_the_file_is_a_formula(cast, page, start):
    _add(cast, f"{start}HYPERLINK(1)", purpose=f"{start}1+1")
    row = next(row for row in _rows(page(cast.head).get("/workloads/export/list/")) if "HYPERLINK" in row["name"])
    assert row["name"] == f"'{start}HYPERLINK(1)"
    assert row["purpose"].startswith("'")


def test_the_lead_counts_signed_targets_of_what_one_may_see(cast, page):
    put_in_force(cast)
    _add(cast, "Claims Desk", owner_team=Team.objects.create(name="Claims"))
    assert "2 workloads, 1 with a signed target." in page(cast.head).get("/workloads/").text
    assert "1 workload, 1 with a signed target." in page(cast.owner).get("/workloads/").text
    assert Classification.objects.count() == 1


def test_tabs_and_lead_count_nothing_that_one_may_not_see(cast, page):
    put_in_force(cast)
    hidden = _add(cast, "Claims Desk", owner_team=Team.objects.create(name="Claims"))
    Workload.objects.filter(pk=hidden.pk).update(tier_now=1, review_on=NOW.date())  # as a target in force leaves them

    def counted(who):
        context = page(who).get("/workloads/").context
        tabs = {label: count for label, count, *_ in context["tabs"]}
        return [tabs[label] for label in ("All", "Tier 0 and 1", "Review due in 30 days", "Never proven")], context[
            "signed"
        ]

    assert counted(cast.head) == (["2", "2", "1", "2"], "2")
    assert counted(cast.owner) == (["1", "1", "0", "1"], "1")
    assert counted(cast.stranger) == (["0"] * 4, "0")


def test_beyond_the_last_row_that_anybody_reads_the_register_says_so(cast, page, monkeypatch):
    for module in (queries, question):
        monkeypatch.setattr(module, "COUNT_MAX", 2)
    monkeypatch.setattr(views_list, "COUNT_MAX", 2)
    for number in range(4):
        _add(cast, f"Load {number}")
    answer = page(cast.head).get("/workloads/?page=9").content.decode()
    assert "2+ workloads" in answer
    assert "1 to 2 of the first 2" in answer
    assert "filters show the others" in answer
    assert "Load 2" in page(cast.head).get("/workloads/?q=Load+2").content.decode()


def test_the_review_date_of_the_register_is_that_of_the_target_in_force(cast):
    target = put_in_force(cast)
    cast.workload.refresh_from_db()
    assert cast.workload.review_on == target.review_due_on
    Classification.objects.filter(pk=target.pk).update(review_due_on=NOW.date())
    cast.workload.refresh_from_db()
    assert cast.workload.review_on == NOW.date()
    propose(cast, tier=2)
    cast.workload.refresh_from_db()
    assert cast.workload.review_on == NOW.date()
