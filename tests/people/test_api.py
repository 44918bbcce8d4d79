"""People and roles in JSON."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from audit.models import Event
from people.models import RoleAssignment, User
from people.permissions import AUDITOR, BUSINESS_STAKEHOLDER
from tests.people.conftest import signed_in

PEOPLE, ROLES = "/api/v1/people/", "/api/v1/roles/"


def send(user, method, path, **body):
    return getattr(signed_in(user), method)(path, body, content_type="application/json")


def test_a_person_is_added_changed_and_deactivated(cast):
    body = {"name": "Nora New", "email": "nora@example.org", "teams": ["Payments"], "time_zone": "Europe/London"}
    answer = send(cast.head, "post", PEOPLE, **body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["teams"], answer.json()["email"]) == (["Payments"], "nora@example.org")
    assert mail.outbox[0].to == ["nora@example.org"]
    path = f"{PEOPLE}{answer.json()['id']}/"
    assert send(cast.head, "patch", path, title="Engineer").json()["title"] == "Engineer"
    assert send(cast.head, "patch", path, teams=[]).json()["teams"] == []
    assert User.objects.get(name="Nora New").time_zone == "Europe/London"
    assert send(cast.head, "post", f"{path}deactivate/").json()["is_active"] is False
    answer = send(cast.head, "post", f"{path}deactivate/")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:drportal:problem:wrong-state")
    assert send(cast.head, "post", f"{path}reactivate/").json()["is_active"] is True
    assert send(cast.head, "post", f"{path}reactivate/").status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "email": "x@example.org"}, "name"),
        ({"name": "X", "email": "no"}, "email"),
        ({"name": "X", "email": "x@example.org", "teams": ["Nobody"]}, "teams"),
        ({"name": "X", "email": "x@example.org", "time_zone": "Mars"}, "time_zone"),
        ({"name": "X", "email": "maren.holt@example.org"}, "email"),
    ],
)
def test_what_does_not_fit_is_said_by_field(cast, body, field):
    answer = send(cast.head, "post", PEOPLE, **body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_who_may_not_see_people_reads_names_of_role_holders_only(cast):
    found = {p["name"]: p for p in signed_in(cast.owner).get(PEOPLE).json()["results"]}
    assert found["Maren Holt"]["email"] is None
    assert found["Tomas Reyes"]["email"] == cast.owner.email
    assert "Sten Fremd" not in found
    everybody = signed_in(cast.auditor).get(PEOPLE).json()
    assert everybody["count"] == User.objects.count()
    assert all(p["email"] for p in everybody["results"])


def test_filters(cast):
    def names(query):
        return {p["name"] for p in signed_in(cast.auditor).get(PEOPLE + query).json()["results"]}

    assert names("?name=maren") == {"Maren Holt"}
    assert names("?team=Payments") == {"Tomas Reyes"}
    assert names(f"?role={BUSINESS_STAKEHOLDER}") == {"Priya Raman", "Oskar Berge"}
    assert names("?is_active=false") == set()
    assert names("?is_active=TRUE") == names("?is_active=") == set(User.objects.values_list("name", flat=True))
    answer = signed_in(cast.auditor).get(f"{PEOPLE}?is_active=perhaps")
    assert (answer.status_code, answer.json()["errors"]) == (400, {"is_active": ["Write true or false."]})


@pytest.mark.parametrize("who", ["auditor", "sponsor", "owner", "stranger"])
def test_who_has_not_the_right_changes_nothing(cast, who):
    user, before = getattr(cast, who), Event.objects.count()
    held = RoleAssignment.objects.get(role=AUDITOR)
    answers = [
        send(user, "post", PEOPLE, name="X", email="x@example.org"),
        send(user, "patch", f"{PEOPLE}{cast.head.pk}/", title="X"),
        send(user, "post", f"{PEOPLE}{cast.head.pk}/deactivate/"),
        send(user, "post", f"{PEOPLE}{cast.head.pk}/reactivate/"),
        send(user, "post", f"{ROLES}{AUDITOR}/assign/", person=cast.owner.pk, from_on="2026-01-01"),
        send(user, "post", f"{ROLES}assignments/{held.pk}/end/", last_day="2030-01-01"),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert Event.objects.count() == before


def test_roles_say_who_holds_them_and_what_is_missing(cast):
    roles = {role["key"]: role for role in signed_in(cast.stranger).get(ROLES).json()}
    assert roles[AUDITOR]["missing"] == "no deputy"
    assert roles[AUDITOR]["present"][0]["person"] == cast.auditor.pk
    assert roles["continuity-planner"]["missing"] == "vacant"
    assert roles[BUSINESS_STAKEHOLDER]["workloads"] == 1


TODAY = timezone.localdate().isoformat()


def test_a_role_is_given_and_ended(cast):
    answer = send(cast.head, "post", f"{ROLES}{AUDITOR}/assign/", person=cast.owner.pk, from_on=TODAY)
    assert answer.status_code == 201, answer.content
    path = f"{ROLES}assignments/{answer.json()['id']}/end/"
    assert send(cast.head, "post", path, last_day="2020-01-01").status_code == 400
    today = timezone.localdate()
    assert send(cast.head, "post", path, last_day=(today + dt.timedelta(days=3)).isoformat()).status_code == 200
    assert (
        len(signed_in(cast.auditor).get(f"{ROLES}assignments/").json())
        == RoleAssignment.objects.filter(workload_id=None).count()
    )


def test_a_role_for_one_workload_is_not_ended_here(cast):
    held = RoleAssignment.objects.get(role=BUSINESS_STAKEHOLDER)
    assert send(cast.head, "post", f"{ROLES}assignments/{held.pk}/end/", last_day="2030-01-01").status_code == 404


def test_a_role_needs_somebody(cast):
    answer = send(cast.head, "post", f"{ROLES}{AUDITOR}/assign/", from_on=TODAY)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["person"])


def test_nobody_is_deleted_and_no_stranger_reads(cast):
    assert send(cast.head, "delete", f"{PEOPLE}{cast.owner.pk}/").status_code == 405
    assert Client().get(PEOPLE).status_code == 401
    assert Client().get(ROLES).status_code == 401


def test_the_list_costs_the_same_for_one_and_for_many(cast, django_assert_max_num_queries):
    for n in range(20):
        User.objects.create_user(f"p{n}@example.org", name=f"P {n}").teams.add(cast.team)
    for user in (cast.owner, cast.auditor):
        client = signed_in(user)
        with django_assert_max_num_queries(9):
            assert client.get(PEOPLE).json()["count"] > 20
