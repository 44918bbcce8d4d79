"""One change for many workloads."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from people.models import Team
from tests.cast import NOW, PASSWORD, make_cast, propose
from tests.races import at_once, done
from workloads.bulk.services import MOST, Change, What, change_many, plan
from workloads.models import Workload
from workloads.services import add_workload, change_workload, send_for_signature

pytestmark = pytest.mark.django_db
PATH = "/workloads/change-many/"


@pytest.fixture
def loads(cast):
    return [
        add_workload(by=cast.head, at=NOW, name=f"Load {n}", purpose="-", owner_team=cast.team, tags=["old"])
        for n in range(4)
    ]


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
    change = Change(What.BUSINESS_UNIT, "Retail")
    mine = plan(workloads=[cast.workload, *loads], change=change, by=cast.owner)
    assert [row.voids for row in mine] == [True, False, False, False, False]
    assert all(row.changes for row in mine)
    assert all(row.refused for row in plan(workloads=loads, change=change, by=cast.auditor))


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


def test_hostile_text_is_shown_as_text(cast, loads, page):
    answer = page(cast.head).get(PATH, {"what": "business_unit", "to_unit": "<script>x</script>"}).content.decode()
    assert "<script>x" not in answer
    assert escape("<script>x</script>") in answer


def test_a_stranger_has_nothing_to_change(cast, loads, page):
    assert "Change 0 workloads" in page(cast.stranger).get(PATH).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.fault
def test_of_ten_who_change_the_same_list_one_does():
    cast = make_cast()
    loads = [add_workload(by=cast.head, at=NOW, name=f"Load {n}", purpose="-", owner_team=cast.team) for n in range(6)]
    changes = [Change(What.BUSINESS_UNIT, f"Unit {n}") for n in range(10)]
    shown = [seals(loads, change, cast.head) for change in changes]
    deeds = [
        lambda c=change, s=seen: change_many(chosen=s, change=c, by=cast.head, at=NOW)
        for change, seen in zip(changes, shown, strict=True)
    ]
    assert done(at_once(*deeds)) == 1
    assert len(set(Workload.objects.filter(name__startswith="Load").values_list("business_unit", flat=True))) == 1
