"""Who gets a role hears of it: what it means, for what, from when."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from communications.models import Message
from people.models import Role, organisation_today
from people.permissions import AUDITOR, BUSINESS_STAKEHOLDER
from people.services import assign_role
from tests.cast import NOW, PASSWORD

TODAY = organisation_today(NOW)


def assign(by, role=AUDITOR, **values):
    given = {"person": None, "deputy": None, "from_on": TODAY}
    return assign_role(by=by, at=NOW, role=Role.objects.get(pk=role), **(given | values))


def told():
    found = Message.objects.filter(purpose="role-assigned").order_by("id")
    return {message.deliveries.get().user: message for message in found}


def test_holder_and_deputy_are_told_each_what_she_is(cast):
    assign(cast.head, person=cast.stranger, deputy=cast.owner, until_on=TODAY + dt.timedelta(days=9))
    holder, deputy = told()[cast.stranger], told()[cast.owner]
    assert holder.subject_line == "Your role: Auditor, the whole organisation"
    assert f"from {TODAY:%-d %B %Y} until" in holder.body
    assert Role.objects.get(pk=AUDITOR).duties in holder.body
    assert "Tomas Reyes is your deputy." in holder.body
    assert "You act when Sten Fremd cannot." in deputy.body
    assert (holder.path, holder.thread) == ("/people/roles/", "role:auditor")


def test_a_role_for_one_workload_names_it_and_leads_there(cast):
    assign(cast.head, BUSINESS_STAKEHOLDER, deputy=cast.owner, workload_id=cast.workload.pk)
    message = told()[cast.owner]
    assert message.subject_line == "Your role: Business stakeholder, Payment Hub"
    assert "nobody else holds the role" in message.body
    assert (message.path, message.thread) == (cast.workload.get_absolute_url(), cast.workload.trail_thread)


@pytest.mark.parametrize("door", ["page", "workload", "api"])
def test_every_door_tells(cast, client, door):
    assert client.login(email=cast.head.email, password=PASSWORD)
    values = {"person": cast.stranger.pk, "from_on": organisation_today(timezone.now()).isoformat()}
    if door == "page":
        client.post("/people/roles/auditor/assign/", values)
    elif door == "workload":
        client.post(f"/workloads/{cast.workload.pk}/assign/", values | {"role": "business-stakeholder"})
    else:
        client.post("/api/v1/roles/auditor/assign/", values, content_type="application/json")
    assert list(told()) == [cast.stranger]


def test_nothing_is_told_of_a_role_that_is_not_given(cast):
    with pytest.raises(Exception, match="last day"):
        assign(cast.head, person=cast.stranger, until_on=TODAY - dt.timedelta(days=1))
    assert not told()
