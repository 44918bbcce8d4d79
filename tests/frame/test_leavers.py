"""What somebody who left had to do waits on the Home page of who stands in, and is counted there."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import cache

from drills.models import Action, Drill
from drportal.needs import asks_of, count_for
from people.models import RoleAssignment, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, CONTINUITY_PLANNER, WORKLOAD_OWNER
from tests.cast import NOW, give, person, propose, put_in_force
from tests.drills.play import finished, gap, planned
from tests.past import rewriting_history

TODAY = organisation_today(NOW)


@pytest.fixture(autouse=True)
def nothing_counted_yet():
    cache.clear()


@pytest.fixture
def left(cast):
    """Mia owned a gap, coordinated a drill, wrote a proposal and never sent it. She held no role; now she cannot sign in."""
    mia = person("Mia Gone", team=cast.team)
    put_in_force(cast)
    action = gap(finished(cast), cast)
    Action.objects.filter(pk=action.pk).update(owner=mia)
    planned(cast, coordinator=mia, participants=[])
    propose(cast, tier=2, by=mia)
    User.objects.filter(pk=mia.pk).update(is_active=False)
    return mia


def asked(user: User, on: dt.date = TODAY) -> dict[str, str]:
    """What waits for this person, by kind; and the count of every page says the same number."""
    cache.clear()
    user = User.objects.get(pk=user.pk)
    found = asks_of(user, today=on, on=on)
    assert count_for(user, today=on) == found.total
    return {ask.kind: ask.why for ask in found.listed}


WAITS = {"Action", "Drill", "Proposal"}
WAS = "Was Mia Gone's, who cannot sign in any more."


def to_her_deputy(cast, mia):
    give(WORKLOAD_OWNER, mia, deputy=cast.stranger, workload=cast.workload)
    return cast.stranger


def to_her_deputy_for_all(cast, mia):
    give(CONTINUITY_PLANNER, mia, deputy=cast.sponsor)
    return cast.sponsor


def to_the_team(cast, mia):
    return cast.owner


def to_the_head(cast, mia):
    cast.owner.teams.clear()
    return cast.head


@pytest.mark.parametrize("how", [to_her_deputy, to_her_deputy_for_all, to_the_team, to_the_head])
def test_what_lies_still_waits_for_one_who_stands_in_and_says_whose_it_was(cast, left, how):
    stand_in = how(cast, left)
    found = asked(stand_in)
    assert set(found) - {"Hand over"} == WAITS
    assert all(WAS in why for kind, why in found.items() if kind != "Hand over")
    others = [one for one in (cast.owner, cast.head, cast.sponsor, cast.stranger) if one != stand_in]
    assert not any(WAITS & set(asked(one)) for one in others)


def test_while_she_can_sign_in_it_waits_for_her_alone(cast, left):
    User.objects.filter(pk=left.pk).update(is_active=True)
    assert not WAITS & set(asked(cast.owner))
    assert set(asked(left)) == WAITS
    assert "You own it." in asked(left)["Action"]


def test_a_review_without_a_stakeholder_waits_for_the_team(cast):
    put_in_force(cast)
    day = TODAY + dt.timedelta(days=75)
    with rewriting_history():
        RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER).update(deputy=None)
    assert "Review" in asked(cast.stakeholder, day)
    assert "Review" not in asked(cast.owner, day)
    User.objects.filter(pk=cast.stakeholder.pk).update(is_active=False)
    assert "Was Priya Raman's, who cannot sign in any more." in asked(cast.owner, day)["Review"]
    cast.owner.teams.clear()
    assert "Was Priya Raman's, who cannot sign in any more." in asked(cast.head, day)["Review"]


def test_a_deputy_acts_and_nobody_stands_in(cast):
    put_in_force(cast)
    User.objects.filter(pk=cast.stakeholder.pk).update(is_active=False)
    day = TODAY + dt.timedelta(days=75)
    assert "Review" in asked(cast.deputy, day)
    assert "Review" not in asked(cast.owner, day)


def test_the_head_hears_how_many_left_and_still_hold_something(cast, left):
    assert "Hand over" in asked(cast.head)
    assert "Hand over" not in asked(cast.owner)
    (ask,) = [one for one in asks_of(cast.head, today=TODAY, on=TODAY).listed if one.kind == "Hand over"]
    assert (ask.title, ask.url) == ("1 person who left still holds something", "/people/?holds=on")
    Action.objects.update(owner=cast.owner)
    Drill.objects.filter(state="planned").update(coordinator=cast.owner)
    assert "Hand over" not in asked(cast.head)
