"""Who stands in for an owner or coordinator who left may see the thing, pass it on, and say that it is done."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.errors import NotAllowed
from drills import gaps, services
from drills.models import Action, Drill
from people.models import Role, User
from people.permissions import CONTINUITY_PLANNER
from tests.cast import NOW, give, person
from tests.drills.play import finished, gap, plan, planned
from tests.people.conftest import signed_in
from tests.people.test_api import send

LATER = NOW.replace(month=12, day=20)


@pytest.fixture
def mia(cast):
    return person("Mia Gone", team=cast.team)


@pytest.fixture
def deputy(cast, mia):
    """Of a role without any right here: that it names Mia is all that counts."""
    who = person("Dora Deputy")
    Role.objects.filter(pk=CONTINUITY_PLANNER).update(rights=[])
    give(CONTINUITY_PLANNER, mia, deputy=who)
    return who


@pytest.fixture
def action(cast, mia, deputy) -> Action:
    found = gap(finished(cast), cast)
    Action.objects.filter(pk=found.pk).update(owner=mia)
    return Action.objects.get(pk=found.pk)


def leave(who: User) -> None:
    User.objects.filter(pk=who.pk).update(is_active=False)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_an_action_is_seen_passed_on_and_done_by_who_stands_in(cast, mia, deputy, action):
    client, address = signed_in(deputy), action.get_absolute_url()
    assert client.get(address).status_code == 404
    with pytest.raises(NotAllowed):
        gaps.mark_action_done(action=action, by=fresh(deputy), at=LATER, how="Warmed.")
    with pytest.raises(NotAllowed):
        gaps.change_action(action=action, by=fresh(deputy), at=LATER, owner=deputy, due_on=action.due_on)
    leave(mia)
    action.refresh_from_db()
    text = client.get(address).text
    assert "Mia Gone, who owns it, cannot sign in any more" in text
    assert reverse("drills:change_action", args=[action.pk]) in text
    assert client.get(reverse("drills:change_action", args=[action.pk])).status_code == 200
    action = Action.objects.get(pk=action.pk)
    gaps.change_action(action=action, by=fresh(deputy), at=LATER, owner=cast.owner, due_on=action.due_on)
    assert Action.objects.get(pk=action.pk).owner == cast.owner
    with pytest.raises(NotAllowed):  # it is somebody's again
        gaps.mark_action_done(action=Action.objects.get(pk=action.pk), by=fresh(deputy), at=LATER, how="Warmed.")


def test_the_work_of_who_left_can_be_said_to_be_done(cast, mia, deputy, action):
    leave(mia)
    gaps.mark_action_done(action=Action.objects.get(pk=action.pk), by=fresh(deputy), at=LATER, how="Warmed.")
    assert Action.objects.get(pk=action.pk).state == Action.State.DONE


def test_a_planned_drill_is_seen_and_passed_on_by_who_stands_in(cast, mia, deputy):
    drill = planned(cast, coordinator=mia, participants=[])
    client = signed_in(deputy)
    assert client.get(drill.get_absolute_url()).status_code == 404
    with pytest.raises(NotAllowed):
        services.change(drill=drill, by=fresh(deputy), at=NOW, **plan(cast, participants=[]))
    leave(mia)
    text = client.get(drill.get_absolute_url()).text
    assert "Mia Gone, who coordinates it, cannot sign in any more" in text
    assert client.get(reverse("drills:change", args=[drill.pk])).status_code == 200
    drill = Drill.objects.select_related("workload", "coordinator").get(pk=drill.pk)
    services.change(drill=drill, by=fresh(deputy), at=NOW, **plan(cast, participants=[]))
    assert Drill.objects.get(pk=drill.pk).coordinator == cast.owner
    assert client.get(drill.get_absolute_url()).status_code == 404


def test_the_api_asks_for_the_same(cast, mia, deputy, action):
    planned(cast, coordinator=mia, participants=[])

    def waiting(what: str, answer: str = "true") -> int:
        return int(send(fresh(deputy), "get", f"/api/v1/{what}/?waiting_for_me={answer}").json()["count"])

    assert [waiting("actions"), waiting("drills")] == [0, 0]
    leave(mia)
    assert [waiting("actions"), waiting("drills")] == [1, 1]
    assert [waiting("actions", "false"), waiting("drills", "false")] == [0, 0]
