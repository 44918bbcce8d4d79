"""Teams and roles as files: what their pages show, to whom they show it."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people import services
from people.models import Role, Team
from people.permissions import AUDITOR, IT_OPERATIONS, WORKLOAD_OWNER, Permission
from tests.cast import NOW, give, person
from tests.people.conftest import signed_in

pytestmark = pytest.mark.django_db


def body(user, name, form="json"):
    answer = signed_in(user).get(reverse(f"people:{name}"), {"as": form})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def rows(user, name):
    return json.loads(body(user, name))


def test_teams_go_out_with_those_who_can_sign_in(cast):
    person("Ada Gone", team=cast.team, is_active=False)
    Team.objects.create(name="Nobody's")
    assert rows(cast.head, "export-teams") == [
        {"team": "Nobody's", "looks_after": "", "members": 0, "who": ""},
        {"team": "Payments", "looks_after": "", "members": 1, "who": "Tomas Reyes"},
    ]


def test_without_the_right_to_see_people_one_takes_along_ones_own_teams(cast):
    Team.objects.create(name="Elsewhere")
    assert [row["team"] for row in rows(cast.owner, "export-teams")] == ["Payments"]
    assert rows(cast.stranger, "export-teams") == []


def test_roles_go_out_with_holders_gaps_and_rights(cast):
    give(IT_OPERATIONS, cast.stakeholder, deputy=cast.deputy)
    services.deactivate_person(person=cast.deputy, by=cast.head, at=NOW)
    found = rows(cast.owner, "export-roles")  # everybody sees who holds a role
    of_operations = [row for row in found if row["role"] == Role.objects.get(pk=IT_OPERATIONS).name]
    assert [(row["holder"], row["deputy"], row["deputy_can_sign_in"], row["from"]) for row in of_operations] == [
        ("Jonas Lindqvist", None, None, "2024-01-01"),
        ("Priya Raman", "Oskar Berge", False, "2024-01-01"),
    ]
    assert {row["missing"] for row in of_operations} == {"no deputy"}
    [of_owners] = [row for row in found if row["role"] == Role.objects.get(pk=WORKLOAD_OWNER).name]
    assert (of_owners["holder"], of_owners["workloads_held_for"], of_owners["missing"]) == (None, 1, "")
    [of_auditors] = [row for row in found if row["role"] == Role.objects.get(pk=AUDITOR).name]
    assert Permission.VIEW_TRAIL.label in of_auditors["rights"].split("; ")


def test_no_cell_is_a_formula(cast):
    Team.objects.create(name="=1+1", purpose="@SUM(A1)")
    cast.platform.name = "-2+3"
    cast.platform.save()
    assert "'=1+1,'@SUM(A1)" in body(cast.head, "export-teams", "csv")
    assert ",'-2+3," in body(cast.head, "export-roles", "csv")


@pytest.mark.parametrize("name", ["export-teams", "export-roles"])
def test_a_file_asks_as_much_for_one_as_for_many(cast, name):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            body(cast.head, name)
        return len(captured)

    cost()
    few = cost()
    for number in range(9):
        team = Team.objects.create(name=f"Team {number}")
        give(AUDITOR, person(f"Person {number}", team=team), deputy=person(f"Deputy {number}", team=team))
    assert cost() == few


@pytest.mark.parametrize(("name", "file"), [("teams", "export-teams"), ("roles", "export-roles")])
def test_its_page_offers_the_file(cast, name, file):
    page = signed_in(cast.head).get(reverse(f"people:{name}")).content.decode()
    for form in ("csv", "xlsx", "json"):
        assert f'href="{reverse(f"people:{file}")}?as={form}"' in page
