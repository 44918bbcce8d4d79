"""Home shows which roles nobody holds, to those who may see people."""

from __future__ import annotations

import pytest
from django.test import Client

from drportal.standing import standing_for
from people.models import Role, RoleAssignment, Team, organisation_today
from people.permissions import (
    BUSINESS_STAKEHOLDER,
    COMMUNICATION_LEAD,
    CONTINUITY_PLANNER,
    EXECUTIVE_SPONSOR,
    WORKLOAD_OWNER,
)
from people.queries import missing, roles_with_holders, vacancies
from tests.cast import NOW, PASSWORD, give, person
from tests.past import rewriting_history
from workloads.services import add_workload

TODAY = organisation_today(NOW)


def home(user):
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client.get("/").text


def vacant(user):
    return standing_for(user, today=TODAY, on=TODAY).vacancies


@pytest.fixture
def holdings(cast):
    """Each way in which a role can be held, and not."""
    give(CONTINUITY_PLANNER, None, deputy=cast.deputy)
    give(COMMUNICATION_LEAD, person("Gone Girl", is_active=False))
    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).update(deputy=cast.deputy)
    return cast


def test_the_roles_that_lack_somebody_are_those_of_the_roles_page(holdings):
    in_one_question = [
        (role.name, missing(holds=role.holds, deputises=role.deputises)) for role in roles_with_holders(on=TODAY)
    ]
    lacking = [(name, words) for name, words in in_one_question if words]
    assert lacking == [(role.name, words) for role, words in vacancies(on=TODAY)] == vacant(holdings.head).roles
    names = dict(lacking)
    assert names["Business continuity planner"] == "deputy acting"
    assert names["Communication lead"] == "vacant"
    assert "Executive sponsor" not in names
    assert "Business stakeholder" not in names


def test_workloads_without_a_stakeholder_or_a_team_are_counted(cast):
    add_workload(by=cast.head, at=NOW, name="Alone", purpose="Nobody's.", owner_team=cast.team)
    retired = add_workload(by=cast.head, at=NOW, name="Gone", purpose="Was.", owner_team=cast.team, lifecycle="retired")
    assert retired
    found = vacant(cast.head)
    assert (found.no_stakeholder, found.no_team) == (1, 1)


def test_who_cannot_sign_in_fills_no_role(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER).update(deputy=None)
    cast.stakeholder.is_active = False
    cast.stakeholder.save()
    assert vacant(cast.head).no_stakeholder == 1
    give(BUSINESS_STAKEHOLDER, cast.deputy)  # for the organisation; but the workload has an assignment of its own
    assert vacant(cast.head).no_stakeholder == 1
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id__isnull=False).delete()
    assert vacant(cast.head).no_stakeholder == 0


def test_home_says_so_to_those_who_may_see_people_only(holdings):
    with rewriting_history():
        RoleAssignment.objects.filter(role=WORKLOAD_OWNER).delete()
    said = home(holdings.head)
    assert "Communication lead" in said
    assert "vacant for 1 workload<" in said  # nobody is given the role of the workload's team
    assert vacant(holdings.owner) is None
    assert "Vacancies" not in home(holdings.owner)


def test_without_a_vacancy_home_says_nothing(cast):
    for role in Role.objects.all():
        RoleAssignment.objects.create(role=role, person=cast.head, deputy=cast.deputy, from_on=TODAY)
    assert not vacant(cast.head)
    Team.objects.create(name="Empty")
    assert "Vacancies" not in home(cast.head)
