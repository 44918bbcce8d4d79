"""User flows: written down, changed and removed by those who may change the workload."""

from __future__ import annotations

import pytest

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from tests.cast import NOW
from tests.workloads.parts import add_component, add_dependency, add_failure_mode, add_flow, another
from workloads.flows import services
from workloads.models import UserFlow


@pytest.fixture
def cast(cast):
    """The cast before anybody has written down a user flow."""
    cast.workload.flows.all().delete()
    return cast


FORM = {"name": "Pay a claim", "what": "Sends the money.", "is_critical": "on", "rto_seconds": "15 min"}


def test_a_flow_is_written_down_with_what_it_uses(cast):
    part, need = add_component(cast), add_dependency(cast, another(cast))
    flow = add_flow(cast, is_critical=True, rto_seconds=900, components=[part], dependencies=[need])
    event = Event.objects.get(kind="flow.added")
    assert (flow.added_by, event.actor_id, event.thread) == (cast.owner, cast.owner.pk, cast.workload.trail_thread)
    assert event.after["components"] == ["Claims database"]
    assert event.after["dependencies"] == ["Payment Hub needs Policy Ledger"]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "x" * 121}, ["name"]),
        ({"what": ""}, ["what"]),
        ({"rto_seconds": -1, "rpo_seconds": 10**12}, ["rpo_seconds", "rto_seconds"]),
    ],
)
def test_what_does_not_fit_names_its_fields(cast, values, fields):
    with pytest.raises(Invalid) as refused:
        add_flow(cast, **values)
    assert sorted(refused.value.fields) == fields
    assert not UserFlow.objects.exists()


def test_two_flows_of_a_workload_have_two_names_and_those_of_two_workloads_may_share_one(cast):
    add_flow(cast)
    with pytest.raises(Invalid) as refused:
        add_flow(cast)
    assert "name" in refused.value.fields
    add_flow(cast, workload=another(cast), by=cast.head)


def test_a_flow_uses_parts_and_needs_of_its_own_workload_only(cast):
    other = another(cast)
    part, need = add_component(cast, workload=other, by=cast.head), add_dependency(cast, cast.workload, workload=other)
    with pytest.raises(Invalid) as refused:
        add_flow(cast, components=[part], dependencies=[need])
    assert sorted(refused.value.fields) == ["components", "dependencies"]
    flow = add_flow(cast)
    with pytest.raises(Invalid):
        services.change_flow(flow=flow, by=cast.owner, at=NOW, components=[part])


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("stakeholder", 403), ("stranger", 404)])
def test_who_may_not_change_the_workload_changes_no_flow(cast, page, who, status):
    user, flow = getattr(cast, who), add_flow(cast)
    for deed in (
        lambda: add_flow(cast, name="Other", by=user),
        lambda: services.change_flow(flow=flow, by=user, at=NOW, name="Other"),
        lambda: services.remove_flow(flow=flow, by=user, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            deed()
    for address in (
        f"/workloads/{cast.workload.pk}/flows/add/",
        f"/workloads/flows/{flow.pk}/change/",
        f"/workloads/flows/{flow.pk}/remove/",
    ):
        assert page(user).get(address).status_code == status
        assert page(user).post(address, FORM).status_code == status
    answer = page(user).get(f"/workloads/{cast.workload.pk}/flows/")
    assert answer.status_code == (404 if status == 404 else 200)
    assert "Add a user flow" not in answer.text


def test_a_change_says_what_was_and_one_that_changes_nothing_leaves_no_line(cast):
    flow, part = add_flow(cast), add_component(cast)
    services.change_flow(flow=flow, by=cast.owner, at=NOW, name=" Pay a claim ", components=[])
    assert not Event.objects.filter(kind="flow.changed").exists()
    services.change_flow(flow=flow, by=cast.owner, at=NOW, is_critical=True, components=[part])
    event = Event.objects.get(kind="flow.changed")
    assert event.before == {"is_critical": False, "components": []}
    assert event.after == {"is_critical": True, "components": ["Claims database"]}


def test_what_was_removed_meanwhile_is_not_changed(cast):
    flow = add_flow(cast)
    mode = add_failure_mode(cast, flows=[flow])
    services.remove_flow(flow=UserFlow.objects.get(), by=cast.owner, at=NOW)
    assert Event.objects.get(kind="flow.removed").before["name"] == "Pay a claim"
    assert mode.flows.count() == 0
    with pytest.raises(WrongState, match="removed"):
        services.change_flow(flow=flow, by=cast.owner, at=NOW, name="Other")
    with pytest.raises(WrongState, match="removed"):
        services.remove_flow(flow=flow, by=cast.owner, at=NOW)


def test_the_form_leads_there_and_back(cast, page):
    add_component(cast)
    client, address = page(cast.owner), f"/workloads/{cast.workload.pk}/flows/"
    assert "No user flow yet" in client.get(address).text
    part = cast.workload.components.get()
    assert client.post(f"{address}add/", FORM | {"components": [part.pk]}).url == address
    flow = UserFlow.objects.get()
    assert (flow.is_critical, flow.rto_seconds, flow.rpo_seconds) == (True, 900, None)
    shown = client.get(address).text
    assert "own RTO 15\xa0min" in shown
    assert "Claims database" in shown
    assert 'value="15\xa0min"' in client.get(f"/workloads/flows/{flow.pk}/change/").text
    client.post(f"/workloads/flows/{flow.pk}/change/", {"name": "Pay", "what": "Money.", "rto_seconds": ""})
    flow.refresh_from_db()
    assert (flow.name, flow.is_critical, flow.rto_seconds, flow.components.count()) == ("Pay", False, None, 0)
    assert "Remove the user flow" in client.get(f"/workloads/flows/{flow.pk}/remove/").text
    assert client.post(f"/workloads/flows/{flow.pk}/remove/").url == address
    assert not UserFlow.objects.exists()


def test_mistakes_are_said_beside_their_fields_and_entries_are_kept(cast, page):
    add_flow(cast)
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/flows/add/", FORM | {"relied_on_by": "Brokers"})
    assert answer.status_code == 422
    assert "Another user flow of this workload has this name." in answer.text
    assert "Brokers" in answer.text


def test_critical_flows_come_first(cast, page):
    add_flow(cast, "A report")
    add_flow(cast, "Pay a claim", is_critical=True)
    shown = page(cast.auditor).get(f"/workloads/{cast.workload.pk}/flows/").text
    assert shown.index("Pay a claim") < shown.index("A report")


def test_a_flow_without_a_target_of_its_own_shows_that_of_the_workload(cast, page):
    add_flow(cast)
    assert "none yet" in page(cast.owner).get(f"/workloads/{cast.workload.pk}/flows/").text
