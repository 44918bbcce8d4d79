"""Giving and ending roles for one workload."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.models import Event
from people.models import RoleAssignment, organisation_today
from people.permissions import Permission
from tests.cast import give
from tests.past import rewriting_history
from workloads.models import Workload


@pytest.fixture(autouse=True)
def _nobody_for_the_team(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(role="workload-team").delete()


def _form(cast, **values):
    today = organisation_today(timezone.now())
    return {"role": "workload-team", "person": cast.stranger.pk, "deputy": "", "from_on": today.isoformat()} | values


def _fresh(user):
    return type(user).objects.get(pk=user.pk)


def test_a_role_brings_its_rights_on_this_workload_at_once(cast, page):
    assert page(cast.stranger).get(f"/workloads/{cast.workload.pk}/").status_code == 404
    page(cast.head).post(f"/workloads/{cast.workload.pk}/assign/", _form(cast))
    assert page(cast.stranger).get(f"/workloads/{cast.workload.pk}/").status_code == 200
    assert _fresh(cast.stranger).may(Permission.PROPOSE, cast.workload)
    event = Event.objects.filter(kind="role.assigned").latest("pk")
    assert (event.thread, event.after["person"]) == (f"workload:{cast.workload.pk}", "Sten Fremd")


def test_the_end_of_a_role_takes_them_away(cast, page):
    held = give("workload-team", cast.stranger, workload=cast.workload)
    yesterday = organisation_today(timezone.now()) - dt.timedelta(days=1)
    address = f"/workloads/{cast.workload.pk}/assign/{held.pk}/end/"
    assert "End the role" in page(cast.head).get(address).text
    page(cast.head).post(address, {"last_day": yesterday.isoformat()})
    assert not Workload.objects.visible_to(_fresh(cast.stranger)).exists()
    assert Event.objects.filter(kind="role.ended").exists()


def test_a_role_from_tomorrow_gives_nothing_today(cast, page):
    tomorrow = organisation_today(timezone.now()) + dt.timedelta(days=1)
    page(cast.head).post(f"/workloads/{cast.workload.pk}/assign/", _form(cast, from_on=tomorrow.isoformat()))
    assert not Workload.objects.visible_to(_fresh(cast.stranger)).exists()


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"person": ""}, "person", "Choose a person, a deputy, or both."),
        ({"until_on": "2020-01-01"}, "until_on", "before the first one"),
        ({"from_on": "someday"}, "from_on", "valid date"),
        ({"from_on": "\x00"}, "from_on", "valid date"),
        ({"role": "king"}, "role", "valid choice"),
        ({"person": "99999999999999999999"}, "person", "valid choice"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(cast, page, values, field, says):
    answer = page(cast.head).post(f"/workloads/{cast.workload.pk}/assign/", _form(cast, **values))
    assert answer.status_code == 422
    assert says in str(answer.context["form"].errors[field])
    assert not RoleAssignment.objects.filter(role="workload-team").exists()


@pytest.mark.parametrize(("who", "status"), [("owner", 403), ("auditor", 403), ("platform", 403), ("stranger", 404)])
def test_who_may_not_assign_is_refused(cast, page, who, status):
    held = RoleAssignment.objects.get(workload_id=cast.workload.pk)
    client, address = page(getattr(cast, who)), f"/workloads/{cast.workload.pk}/assign/"
    assert client.post(address, _form(cast)).status_code == status
    assert client.post(f"{address}{held.pk}/end/", {"last_day": "2026-11-21"}).status_code == status
    held.refresh_from_db()
    assert held.until_on is None


def test_a_role_of_another_workload_cannot_be_ended_from_here(cast, page):
    general = RoleAssignment.objects.filter(workload_id__isnull=True).first()
    address = f"/workloads/{cast.workload.pk}/assign/{general.pk}/end/"
    assert page(cast.head).post(address, {"last_day": "2026-11-21"}).status_code == 404


def test_the_page_shows_from_when_to_when_what_is_missing_and_who_was_before(cast, page):
    today = organisation_today(timezone.now())
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id=cast.workload.pk).delete()
    held = give("business-stakeholder", cast.stakeholder, workload=cast.workload)
    before = give("business-stakeholder", cast.auditor, workload=cast.workload)
    with rewriting_history():
        RoleAssignment.objects.filter(pk=held.pk).update(until_on=today + dt.timedelta(days=20))
    with rewriting_history():
        RoleAssignment.objects.filter(pk=before.pk).update(until_on=today - dt.timedelta(days=1))
    shown = page(cast.head).get(f"/workloads/{cast.workload.pk}/")
    people = {role: (one, gaps) for role, one, gaps in shown.context["people"]}
    assert people["Business stakeholder"] == (held, ["no deputy", "ends within 30 days"])
    assert people["Workload team"] == (None, ["vacant"])
    assert [one.person for one in shown.context["past_people"]] == [cast.auditor]
    assert "since" in shown.text
    assert "1 before" in shown.text
