"""Who left leaves things behind: they reach a deputy, then the team, then the head of operations, by one rule."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drills.models import Drill
from people.models import RoleAssignment, Team, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, CONTINUITY_PLANNER, HEAD_OF_OPERATIONS, WORKLOAD_OWNER
from people.stand_ins import Having, is_stand_in, left_holding, stand_ins
from tests.cast import NOW, give, person
from tests.drills.play import planned
from tests.past import rewriting_history

TODAY = organisation_today(NOW)


@pytest.fixture
def mia(cast):
    """She left; she was of no team and held nothing."""
    return person("Mia Gone", is_active=False)


def leave(*people: User) -> None:
    User.objects.filter(pk__in=[one.pk for one in people]).update(is_active=False)


def names(cast, who: User, *, of_workload: bool = True) -> set[str]:
    thing = Having(who.pk, cast.workload.pk, cast.workload.owner_team_id) if of_workload else Having(who.pk)
    return {one.name for one in stand_ins([thing], on=TODAY)[thing]}


def as_her_deputy(cast, mia):
    give(WORKLOAD_OWNER, mia, deputy=cast.deputy, workload=cast.workload)


def as_the_holder(cast, mia):
    give(WORKLOAD_OWNER, cast.sponsor, deputy=mia, workload=cast.workload)


def for_all(cast, mia):
    give(CONTINUITY_PLANNER, mia, deputy=cast.auditor)


def both(cast, mia):
    for_all(cast, mia)
    as_her_deputy(cast, mia)


def of_two_who_left(cast, mia):
    give(WORKLOAD_OWNER, mia, deputy=cast.deputy, workload=cast.workload)
    leave(cast.deputy)


def not_any_more(cast, mia):
    as_her_deputy(cast, mia)
    with rewriting_history():
        RoleAssignment.objects.of(mia).update(until_on=TODAY.replace(day=1))


def without_a_team(cast, mia):
    leave(cast.owner)


def without_a_team_but_a_deputy_of_the_head(cast, mia):
    leave(cast.owner, cast.head)
    with rewriting_history():
        RoleAssignment.objects.filter(role=HEAD_OF_OPERATIONS).update(deputy=cast.platform)


def without_anybody(cast, mia):
    leave(cast.owner, cast.head)


RULE = [
    (as_her_deputy, {"Oskar Berge"}),
    (as_the_holder, {"David Okafor"}),
    (for_all, {"Samuel Adeyemi"}),
    (both, {"Oskar Berge"}),
    (of_two_who_left, {"Tomas Reyes"}),
    (not_any_more, {"Tomas Reyes"}),
    (without_a_team, {"Maren Holt"}),
    (without_a_team_but_a_deputy_of_the_head, {"Jonas Lindqvist"}),
    (without_anybody, set()),
]


@pytest.mark.parametrize(("how", "expected"), RULE, ids=[how.__name__ for how, _ in RULE])
def test_the_first_step_with_anybody_in_it_is_the_answer(cast, mia, how, expected):
    """Asked for many things at once, and as a condition inside a query."""
    drill = planned(cast)
    Drill.objects.update(coordinator=mia)
    how(cast, mia)
    assert names(cast, mia) == expected
    asked = User.objects.filter(is_active=True)
    assert {one.name for one in asked if drill in Drill.objects.in_place_of_gone(one, TODAY)} == expected


def test_what_belongs_to_no_workload_goes_to_a_deputy_for_all_then_to_the_head(cast, mia):
    as_her_deputy(cast, mia)
    assert names(cast, mia, of_workload=False) == {"Maren Holt"}
    for_all(cast, mia)
    assert names(cast, mia, of_workload=False) == {"Samuel Adeyemi"}


def test_who_can_sign_in_stands_in_for_herself_and_nobody_else_does(cast):
    thing = Having(cast.stakeholder.pk, cast.workload.pk, cast.team.pk)
    assert names(cast, cast.stakeholder) == {"Priya Raman"}
    assert not is_stand_in(cast.deputy, thing, on=TODAY)
    assert not is_stand_in(cast.stakeholder, thing, on=TODAY)


def test_a_thousand_things_cost_as_many_questions_as_one(cast, mia):
    as_her_deputy(cast, mia)
    gone = [mia, *(person(f"Leaver {n}", is_active=False) for n in range(30))]
    teams = [Team.objects.create(name=f"Team {n}").pk for n in range(30)]

    def questions(things: list[Having]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(stand_ins(things, on=TODAY)) == len(things)
        return len(captured)

    many = [Having(who.pk, number, team) for who in gone for number, team in enumerate(teams)]
    assert questions([Having(mia.pk, cast.workload.pk, cast.team.pk)]) == questions(many) <= 5


def test_who_left_and_holds_nothing_is_not_among_those_who_do(cast, mia):
    assert set(left_holding(on=TODAY)) == set()
    leave(cast.stakeholder, cast.stranger)
    assert set(left_holding(on=TODAY)) == {cast.stakeholder}
    with rewriting_history():
        RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER).update(until_on=TODAY.replace(day=1))
    assert set(left_holding(on=TODAY)) == set()
