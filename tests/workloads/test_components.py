"""Components: written down, changed, removed, and put into the register as workloads of their own."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from communications.models import Delivery
from people.models import RoleAssignment, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, Permission
from tests.cast import NOW, give, propose
from tests.past import rewriting_history
from tests.workloads.parts import add_component, add_failure_mode
from workloads.flows import components
from workloads.models import Component, Dependency, Workload
from workloads.naming import HIDDEN

LONG_AGO = organisation_today(NOW) - dt.timedelta(days=400)


def register(cast, component, **values):
    given = {"by": cast.owner, "at": NOW, "name": "Payment Database", "purpose": "Holds the payments."} | values
    return components.register_component(component=component, **given)


def test_a_component_is_added_changed_and_removed(cast):
    part = add_component(cast)
    components.change_component(component=part, by=cast.owner, at=NOW, kind="queue")
    components.remove_component(component=part, by=cast.owner, at=NOW)
    assert not Component.objects.exists()
    told = Event.objects.filter(kind__startswith="component.").order_by("pk").values_list("kind", "before", "after")
    assert [kind for kind, _, _ in told] == ["component.added", "component.changed", "component.removed"]
    assert told[1][1:] == ({"kind": "database"}, {"kind": "queue"})


def test_names_are_there_and_taken_once(cast):
    add_component(cast)
    for name in (" ", "Claims database", "x" * 121):
        with pytest.raises(Invalid) as refused:
            add_component(cast, name)
        assert "name" in refused.value.fields


def test_a_component_that_a_failure_mode_names_stays(cast, page):
    part = add_component(cast)
    add_failure_mode(cast, component=part)
    with pytest.raises(WrongState, match="A failure mode names Claims database"):
        components.remove_component(component=part, by=cast.owner, at=NOW)
    answer = page(cast.owner).post(f"/workloads/components/{part.pk}/remove/", follow=True)
    assert "A failure mode names Claims database" in answer.text


def test_a_registered_component_is_a_workload_that_the_first_one_needs(cast):
    part = add_component(cast)
    own = register(cast, part)
    part.refresh_from_db()
    assert (part.own, own.owner_team, own.added_by) == (own, cast.team, cast.owner)
    need = Dependency.objects.get()
    assert (need.workload, need.needs, need.strength, need.order) == (cast.workload, own, "hard", "sequential")
    kinds = Event.objects.filter(actor_id=cast.owner.pk).order_by("pk").values_list("kind", flat=True)
    assert [kind for kind in kinds if kind not in ("role.assigned", "message.queued")] == [
        "component.added", "workload.added", "component.registered", "dependency.added"
    ]  # fmt: skip


def test_who_holds_a_role_for_the_whole_holds_it_for_the_part(cast):
    ended = give(WORKLOAD_OWNER, cast.deputy, workload=cast.workload)
    with rewriting_history():
        RoleAssignment.objects.filter(pk=ended.pk).update(from_on=LONG_AGO, until_on=LONG_AGO)
    own = register(cast, add_component(cast))
    held = RoleAssignment.objects.filter(workload_id=own.pk).order_by("role_id")
    assert [(one.role_id, one.person, one.deputy) for one in held] == [
        (BUSINESS_STAKEHOLDER, cast.stakeholder, cast.deputy), (WORKLOAD_OWNER, cast.owner, None)
    ]  # fmt: skip
    assert {one.from_on for one in held} == {organisation_today(NOW)}
    assert cast.stakeholder.may(Permission.REVIEW, own)
    lines = Event.objects.filter(kind="role.assigned", thread=own.trail_thread)
    assert [(line.actor_id, line.after["as for"]) for line in lines] == [(cast.owner.pk, "Payment Hub")] * 2
    told = Delivery.objects.filter(message__thread=own.trail_thread, message__purpose="role-assigned")
    assert {one.user for one in told} == {cast.stakeholder, cast.deputy}, "not who did it herself"


def test_without_the_wish_nobody_holds_a_role_for_the_part(cast, page):
    part, client = add_component(cast), page(cast.owner)
    address = f"/workloads/components/{part.pk}/register/"
    assert "checked" in client.get(address).text.split('name="same_roles"')[1][:200]
    client.post(address, {"name": "Payment Database", "purpose": "Holds the payments."})
    own = Workload.objects.get(name="Payment Database")
    assert not RoleAssignment.objects.filter(workload_id=own.pk).exists()


def test_a_component_that_somebody_else_changed_meanwhile_is_not_written_over_unseen(cast, page):
    part, client = add_component(cast), page(cast.owner)
    address = f"/workloads/components/{part.pk}/change/"
    mark = client.get(address).context["seen"]
    components.change_component(component=part, by=cast.head, at=NOW, note="Theirs.")
    sent = {"name": "Claims database", "kind": "database", "note": "Mine.", "seen": mark}
    reply = client.post(address, sent)
    assert "Somebody changed this while you had it open" in reply.text
    assert Component.objects.get().note == "Theirs."
    assert client.post(address, sent | {"seen": reply.context["seen"]}).status_code == 302
    assert Component.objects.get().note == "Mine."


def test_what_is_in_the_register_gets_a_target_like_any_other(cast):
    own = register(cast, add_component(cast))
    cast.workload = own
    assert propose(cast).workload == own


def test_a_component_is_registered_once(cast):
    part = add_component(cast)
    register(cast, part)
    with pytest.raises(WrongState, match="already"):
        register(cast, part, name="Another")
    assert Workload.objects.count() == 2


def test_a_name_that_the_register_has_is_refused_and_nothing_is_left(cast):
    part = add_component(cast)
    with pytest.raises(Invalid) as refused:
        register(cast, part, name=cast.workload.name)
    assert "name" in refused.value.fields
    part.refresh_from_db()
    assert part.own is None
    assert not Dependency.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("stakeholder", 403), ("stranger", 404)])
def test_who_may_not_change_the_workload_changes_no_component(cast, page, who, status):
    user, part = getattr(cast, who), add_component(cast)
    for deed in (
        lambda: add_component(cast, "Other", by=user),
        lambda: components.change_component(component=part, by=user, at=NOW, name="Other"),
        lambda: components.remove_component(component=part, by=user, at=NOW),
        lambda: register(cast, part, by=user),
    ):
        with pytest.raises(NotAllowed):
            deed()
    addresses = [f"/workloads/components/{part.pk}/{deed}/" for deed in ("change", "remove", "register")]
    for address in (*addresses, f"/workloads/{cast.workload.pk}/components/add/"):
        assert page(user).get(address).status_code == status
        assert page(user).post(address, {"name": "x", "purpose": "y"}).status_code == status


def test_the_forms_lead_there(cast, page):
    client, flows = page(cast.owner), f"/workloads/{cast.workload.pk}/flows/"
    form = {"name": "Ledger database", "kind": "database", "note": "Holds the balances."}
    assert client.post(f"/workloads/{cast.workload.pk}/components/add/", form).url == flows
    part = Component.objects.get()
    assert "Ledger database" in client.get(flows).text
    client.post(f"/workloads/components/{part.pk}/change/", form | {"name": "Ledger"})
    asked = client.get(f"/workloads/components/{part.pk}/register/")
    assert 'value="Payment Hub Ledger"' in asked.text
    assert "Holds the balances." in asked.text
    values = {"name": "Payment Hub Ledger", "purpose": "Holds the balances."}
    answer = client.post(f"/workloads/components/{part.pk}/register/", values, follow=True)
    assert "Ledger is in the register now, and Payment Hub needs it." in answer.text
    assert client.get(f"/workloads/components/{part.pk}/register/").url == flows
    assert "stays in the register" in client.get(f"/workloads/components/{part.pk}/remove/").text
    client.post(f"/workloads/components/{part.pk}/remove/")
    assert Workload.objects.filter(name="Payment Hub Ledger").exists()


def test_what_a_component_became_is_not_named_to_who_may_not_see_it(cast, page):
    own = register(cast, add_component(cast), same_roles=False)
    address, client = f"/workloads/{cast.workload.pk}/flows/", page(cast.stakeholder)
    text = client.get(address).text
    assert "Claims database" in text
    assert HIDDEN in text
    assert "Payment Database" not in text
    assert f"/workloads/{own.pk}/" not in text
    assert client.get("/api/v1/components/").json()["results"][0]["own"] is None
    for who in (cast.owner, cast.head):
        assert "Payment Database" in page(who).get(address).text
        assert page(who).get("/api/v1/components/").json()["results"][0]["own"] == own.pk
