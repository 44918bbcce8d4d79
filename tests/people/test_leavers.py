"""The page of somebody who left says what she still holds and leads to the hand-over; lists and the API find such people."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from people.models import User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, CONTINUITY_PLANNER
from tests.cast import NOW, confirm_all, give, person
from tests.drills.play import planned
from tests.people.conftest import signed_in
from tests.people.test_api import send

TODAY = organisation_today(NOW)


def page(client, who) -> str:
    return " ".join(client.get(reverse("people:person", args=[who.pk])).text.split())


@pytest.fixture
def left(cast):
    """Tomas coordinated a drill and held a role for a workload and one for all; he cannot sign in any more."""
    planned(cast)
    give(CONTINUITY_PLANNER, cast.owner)
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    return cast.owner


def test_the_page_of_who_left_leads_to_the_hand_over_first_of_all(cast, left):
    text = page(signed_in(cast.head), left)
    for words in (
        "Tomas Reyes left and still holds this",
        "Roles for the whole organisation: 1",
        "Roles for single workloads: 1",
        "Planned drills: 1",
    ):
        assert words in text
    address = reverse("people:hand-over", args=[left.pk])
    assert -1 < text.index(address) < text.index("Roles for the whole organisation</h2>")


def test_who_may_not_give_roles_reads_who_can(cast, left):
    text = page(signed_in(cast.auditor), left)
    assert "Ask Maren Holt to hand it over." in text
    assert reverse("people:hand-over", args=[left.pk]) not in text


def test_what_is_left_to_a_deputy_is_said(cast):
    User.objects.filter(pk=cast.stakeholder.pk).update(is_active=False)
    assert "who acts beside Priya Raman in a role (Oskar Berge)" in page(signed_in(cast.head), cast.stakeholder)


@pytest.mark.parametrize("why", ["can sign in", "holds nothing"])
def test_there_is_nothing_to_say_of_who(cast, why):
    who = person("Nina Nothing", is_active=False) if why == "holds nothing" else cast.owner
    assert "still holds this" not in page(signed_in(cast.head), who)


def test_the_hand_over_of_who_left_already_takes_everything(cast, left):
    successor = person("Sigrid Next", team=cast.team)
    client = signed_in(cast.head)
    address = reverse("people:hand-over", args=[left.pk])
    yesterday = (organisation_today(dt.datetime.now(dt.UTC)) - dt.timedelta(days=1)).isoformat()
    shown = client.get(address, {"to": successor.pk, "last_day": yesterday}).text
    assert "Hand over to Sigrid Next" in shown
    assert 'name="deactivate"' not in shown
    assert client.post(address, {"to": successor.pk, "last_day": yesterday}).status_code == 302
    confirm_all(dt.datetime.now(dt.UTC))
    assert "still holds this" not in page(client, left)


def test_deactivating_says_what_lies_still_and_who_is_next(cast):
    planned(cast)
    text = " ".join(signed_in(cast.head).get(reverse("people:deactivate", args=[cast.owner.pk])).text.split())
    assert "What lies still without a successor" in text
    assert "Planned drills: 1" in text
    assert "the head of operations (Maren Holt)" in text


def test_the_list_finds_who_left_and_still_holds_something(cast, left):
    person("Nina Nothing", is_active=False)
    client = signed_in(cast.head)
    rows = client.get(reverse("people:list"), {"holds": "on"}).context["rows"]
    assert [who.name for who, _ in rows] == ["Tomas Reyes"]
    assert reverse("people:hand-over", args=[left.pk]) in client.get(reverse("people:list"), {"holds": "on"}).text
    assert reverse("people:hand-over", args=[left.pk]) in client.get(reverse("people:roles")).text
    for asked, names in (("true", ["Tomas Reyes"]), ("false", None)):
        found = [
            one["name"] for one in send(cast.head, "get", f"/api/v1/people/?left_holding={asked}").json()["results"]
        ]
        assert found == names if names else "Tomas Reyes" not in found


def test_it_costs_the_same_for_one_and_for_many(cast, left, django_assert_max_num_queries):
    for n in range(20):
        gone = person(f"Gone {n}", is_active=False)
        give(BUSINESS_STAKEHOLDER, gone)
    client = signed_in(cast.head)
    with django_assert_max_num_queries(22):
        client.get(reverse("people:list"), {"holds": "on"})
