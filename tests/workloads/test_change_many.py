"""One change for many workloads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from people.models import Team
from tests.cast import NOW, PASSWORD, give, make_cast, propose
from tests.races import at_once, done
from tests.workloads.bulk import add_loads
from workloads.bulk import views
from workloads.bulk.services import MOST, Change, What, change_many, plan
from workloads.models import Workload
from workloads.register.planning import IN_DOCUMENT
from workloads.services import WORKLOAD_FIELDS, add_workload, change_workload, send_for_signature, withdraw
from workloads.signing import classification_document

pytestmark = pytest.mark.django_db
PATH = "/workloads/change-many/"


@pytest.fixture
def loads(cast):
    return add_loads(cast, 4, tags=["old"])


@pytest.fixture
def page(cast):
    def open_as(user):
        client = Client()
        assert client.login(email=user.email, password=PASSWORD)
        return client

    return open_as


def seals(loads, change, by):
    rows = plan(workloads=Workload.objects.filter(pk__in=[load.pk for load in loads]), change=change, by=by)
    return {row.workload.pk: row.seal for row in rows if row.changes}


def lines():
    return Event.objects.filter(kind="workload.changed")


@pytest.mark.parametrize(
    ("what", "value", "field", "after"),
    [
        (What.BUSINESS_UNIT, "Retail", "business_unit", "Retail"),
        (What.LIFECYCLE, "retiring", "lifecycle", "retiring"),
        (What.ADD_TAG, "money", "tags", ["old", "money"]),
        (What.REMOVE_TAG, "old", "tags", []),
        (What.SHARE, True, "is_shared", True),
    ],
)
def test_all_are_changed_each_with_a_line_of_its_own(cast, loads, what, value, field, after):
    change = Change(what, value)
    changed = change_many(chosen=seals(loads, change, cast.head), change=change, by=cast.head, at=NOW)
    assert len(changed) == 4
    assert all(getattr(load, field) == after for load in Workload.objects.filter(name__startswith="Load"))
    assert lines().count() == 4
    assert {event.actor_id for event in lines()} == {cast.head.pk}


def test_the_team_is_changed(cast, loads):
    change = Change(What.OWNER_TEAM, Team.objects.create(name="Retail"))
    change_many(chosen=seals(loads, change, cast.head), change=change, by=cast.head, at=NOW)
    assert Workload.objects.filter(owner_team__name="Retail").count() == 4


def test_one_that_was_changed_meanwhile_stops_all(cast, loads):
    change = Change(What.BUSINESS_UNIT, "Retail")
    chosen = seals(loads, change, cast.head)
    change_workload(workload=loads[2], by=cast.head, at=NOW, business_unit="Elsewhere")
    with pytest.raises(WrongState, match="Load 2"):
        change_many(chosen=chosen, change=change, by=cast.head, at=NOW)
    assert not Workload.objects.filter(business_unit="Retail").exists()


def test_one_that_may_not_be_changed_stops_all(cast, loads):
    other = add_workload(
        by=cast.head, at=NOW, name="Theirs", purpose="-", owner_team=Team.objects.create(name="Theirs")
    )
    change = Change(What.BUSINESS_UNIT, "Retail")
    with pytest.raises(WrongState):  # the owner does not even see it
        change_many(chosen=seals([*loads, other], change, cast.head), change=change, by=cast.owner, at=NOW)
    with pytest.raises(NotAllowed):
        change_many(chosen=seals([*loads, other], change, cast.head), change=change, by=cast.auditor, at=NOW)
    assert not Workload.objects.filter(business_unit="Retail").exists()


def test_the_preview_says_who_may_not_and_what_becomes_void(cast, loads):
    send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    propose(replace(cast, workload=loads[0]))  # not sent: nobody has read it
    change = Change(What.BUSINESS_UNIT, "Retail")
    mine = plan(workloads=[cast.workload, *loads], change=change, by=cast.owner)
    assert [row.voids for row in mine] == [True, False, False, False, False]
    assert all(row.changes for row in mine)
    (tagged,) = plan(workloads=[cast.workload], change=Change(What.ADD_TAG, "money"), by=cast.owner)
    assert (tagged.changes, tagged.voids) == (True, False)
    assert all(row.refused for row in plan(workloads=loads, change=change, by=cast.auditor))


def test_a_request_becomes_void_by_what_its_document_shows_and_by_nothing_else(cast):
    target = propose(cast)
    before, differing = classification_document(target), set()
    others = {"owner_team": Team(name="Retail"), "tags": ["x"], "own_rto_seconds": 60, "is_shared": True}
    for name in WORKLOAD_FIELDS:
        was = getattr(cast.workload, name)
        setattr(target.workload, name, others.get(name, "Else"))
        differing |= {name} if classification_document(target) != before else set()
        setattr(target.workload, name, was)
    assert differing == IN_DOCUMENT


def test_the_preview_knows_what_a_role_for_one_workload_allows(cast, loads):
    change = Change(What.ADD_TAG, "money")

    def may(by):
        return [not row.refused for row in plan(workloads=loads, change=change, by=by)]

    give("workload-team", cast.stranger, workload=loads[1])
    give("business-stakeholder", cast.stranger, workload=loads[2])  # sees it, and changes nothing
    assert may(cast.stranger) == [False, True, False, False]
    assert may(cast.owner) == [True] * 4
    cast.owner.is_active = False
    assert may(cast.owner) == [False] * 4


def test_a_twenty_first_tag_is_refused(cast, loads):
    Workload.objects.filter(pk=loads[0].pk).update(tags=[f"t{n}" for n in range(20)])
    loads[0].refresh_from_db()
    row = plan(workloads=[loads[0]], change=Change(What.ADD_TAG, "one more"), by=cast.head)[0]
    assert "20 tags" in row.refused
    with pytest.raises(Invalid, match="20 tags"):
        change_many(chosen={row.workload.pk: row.seal}, change=Change(What.ADD_TAG, "one more"), by=cast.head, at=NOW)


@pytest.mark.parametrize("chosen", [{}, dict.fromkeys(range(MOST + 1), "x")])
def test_none_and_too_many_are_refused(cast, chosen):
    with pytest.raises(Invalid):
        change_many(chosen=chosen, change=Change(What.ADD_TAG, "a"), by=cast.head, at=NOW)


def test_the_plan_costs_the_same_for_one_and_for_four(cast, loads):
    costs = []
    for some in (loads[:1], loads[:1], loads):
        with CaptureQueriesContext(connection) as captured:
            plan(
                workloads=Workload.objects.filter(pk__in=[load.pk for load in some]),
                change=Change(What.BUSINESS_UNIT, "x"),
                by=cast.owner,
            )
        costs.append(len(captured))
    assert costs[1] == costs[2] <= 6


def test_the_page_shows_then_does(cast, loads, page):
    client = page(cast.head)
    query = {"q": "Load", "what": "business_unit", "to_unit": "Retail"}
    shown = client.get(PATH, query)
    assert "4 change" in shown.content.decode()
    rows = [f"{row.workload.pk}:{row.seal}" for row in shown.context["rows"]]
    answer = client.post(f"{PATH}?{shown.wsgi_request.GET.urlencode()}", {"row": rows[:3]}, follow=True)
    assert "3 workloads changed." in answer.content.decode()
    assert answer.redirect_chain[0][0] == "/workloads/?q=Load"
    assert Workload.objects.filter(business_unit="Retail").count() == 3


def test_the_page_says_what_is_missing_and_keeps_the_list(cast, loads, page):
    answer = page(cast.head).get(PATH, {"q": "Load", "what": "owner_team"})
    assert answer.status_code == 422
    assert "Choose the team." in answer.content.decode()
    assert 'name="q" value="Load"' in answer.content.decode()


@pytest.mark.parametrize("row", ["x", "1", ":", "9" * 40 + ":a", "<b>:1", "1:\0"])
def test_a_forged_row_changes_nothing(cast, loads, page, row):
    answer = page(cast.head).post(f"{PATH}?what=business_unit&to_unit=Retail", {"row": [row]})
    assert answer.status_code == 302
    assert not lines().exists()


@pytest.mark.parametrize("tag", ["a,b", ",", " "])
def test_one_tag_has_no_comma_and_is_not_empty(cast, loads, page, tag):
    answer = page(cast.head).get(PATH, {"q": "Load", "what": "add_tag", "to_tag": tag})
    assert (answer.status_code, "rows" in answer.context) == (422, False)


def test_a_list_too_long_to_look_through_is_not_shown(cast, loads, page, monkeypatch):
    monkeypatch.setattr(views, "MOST", 3)
    answer = page(cast.head).get(PATH, {"q": "Load", "what": "business_unit", "to_unit": "Retail"})
    assert (answer.context["total"], "rows" in answer.context) == (4, False)


def test_hostile_text_is_shown_as_text(cast, loads, page):
    answer = page(cast.head).get(PATH, {"what": "business_unit", "to_unit": "<script>x</script>"}).content.decode()
    assert "<script>x" not in answer
    assert escape("<script>x</script>") in answer


def test_a_stranger_has_nothing_to_change(cast, loads, page):
    assert "Change 0 workloads" in page(cast.stranger).get(PATH).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.fault
def test_a_withdrawal_at_the_same_moment_has_one_outcome_and_no_deadlock():
    cast = make_cast()
    for turn in range(6):
        target = propose(cast)
        send_for_signature(classification=target, by=cast.owner, at=NOW)
        change = Change(What.BUSINESS_UNIT, f"Unit {turn}")
        chosen = seals([cast.workload], change, cast.head)
        at_once(
            lambda s=chosen, c=change: change_many(chosen=s, change=c, by=cast.head, at=NOW),
            lambda t=target: withdraw(classification=t, by=cast.owner, at=NOW),
        )
        cast.workload.refresh_from_db()
        target.refresh_from_db()
        assert cast.workload.business_unit == f"Unit {turn}"
        if target.state == "proposed":  # the change came first, and what was withdrawn was no longer under review
            withdraw(classification=target, by=cast.owner, at=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.fault
def test_of_ten_who_change_the_same_list_one_does():
    cast = make_cast()
    loads = add_loads(cast, 6)
    changes = [Change(What.BUSINESS_UNIT, f"Unit {n}") for n in range(10)]
    shown = [seals(loads, change, cast.head) for change in changes]
    deeds = [
        lambda c=change, s=seen: change_many(chosen=s, change=c, by=cast.head, at=NOW)
        for change, seen in zip(changes, shown, strict=True)
    ]
    assert done(at_once(*deeds)) == 1
    assert len(set(Workload.objects.filter(name__startswith="Load").values_list("business_unit", flat=True))) == 1
