"""Components, flows, failure modes, dependencies and third parties in JSON: the same deeds, the same refusals."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Event
from people.models import ApiToken
from people.services import issue_token
from tests.workloads.parts import (
    add_component,
    add_dependency,
    add_failure_mode,
    add_flow,
    add_third_party,
    another,
)
from workloads.models import Component, Dependency, FailureMode, ThirdParty, UserFlow, Workload
from workloads.naming import HIDDEN


@pytest.fixture
def api(db):
    """`api(cast.head)` speaks with her token."""

    def client_of(user):
        _, key = issue_token(
            by=user, at=timezone.now(), name=f"tests {ApiToken.objects.count()}", scope="write", days=1
        )
        return Client(headers={"Authorization": f"Bearer {key}"})

    return client_of


def send(client, method, address, data=None):
    return getattr(client, method)(f"/api/v1{address}", data or {}, content_type="application/json")


@pytest.mark.parametrize(
    ("resource", "model", "values", "change"),
    [
        ("components", Component, {"name": "Ledger database", "kind": "database"}, {"kind": "cache"}),
        ("flows", UserFlow, {"name": "Pay a claim", "what": "Sends money.", "rto_seconds": 900}, {"rto_seconds": None}),
        (
            "failure-modes",
            FailureMode,
            {"what": "Disk full", "category": "load", "effect": "x", "likelihood": 3, "severity": 4, "noticed": 1},
            {"severity": 1},
        ),
    ],
)
def test_what_belongs_to_a_workload_is_added_changed_and_removed(cast, api, resource, model, values, change):
    client, before = api(cast.owner), model.objects.count()
    added = send(client, "post", f"/{resource}/", values | {"workload": cast.workload.pk})
    assert added.status_code == 201, added.text
    said, address = added.json(), f"/{resource}/{added.json()['id']}/"
    assert {name: said[name] for name in values} == values
    assert (said["workload"], said["workload_name"]) == (cast.workload.pk, "Payment Hub")
    changed = send(client, "patch", address, change)
    assert {name: changed.json()[name] for name in change} == change
    assert said["id"] in [
        row["id"] for row in client.get(f"/api/v1/{resource}/?workload={cast.workload.pk}").json()["results"]
    ]
    assert send(client, "delete", address).status_code == 204
    assert model.objects.count() == before
    assert Event.objects.filter(actor_id=cast.owner.pk, door="api").count() == 3


def test_the_priority_is_told_and_not_written(cast, api):
    values = {"what": "Disk full", "category": "load", "effect": "x", "likelihood": 3, "severity": 4, "noticed": 1}
    said = send(api(cast.owner), "post", "/failure-modes/", values | {"workload": cast.workload.pk, "priority": "low"})
    assert said.status_code == 400 or said.json()["priority"] == "high"


def test_a_flow_names_its_parts_and_needs_by_number(cast, api):
    part, need = add_component(cast), add_dependency(cast, another(cast))
    values = {
        "workload": cast.workload.pk,
        "name": "Pay",
        "what": "x",
        "components": [part.pk],
        "dependencies": [need.pk],
    }
    said = send(api(cast.owner), "post", "/flows/", values).json()
    assert (said["components"], said["dependencies"]) == ([part.pk], [need.pk])
    foreign = add_component(cast, workload=Workload.objects.get(name="Policy Ledger"), by=cast.head)
    for numbers in ([foreign.pk], [10**15]):
        refused = send(api(cast.head), "patch", f"/flows/{said['id']}/", {"components": numbers})
        assert refused.status_code == 400
        assert next(iter(refused.json()["errors"])).startswith("components")


def test_a_component_is_put_into_the_register(cast, api):
    part = add_component(cast)
    said = send(
        api(cast.owner), "post", f"/components/{part.pk}/register/", {"name": "Payment Database", "purpose": "x"}
    )
    assert said.status_code == 201
    assert said.json()["own"] == Workload.objects.get(name="Payment Database").pk
    again = send(api(cast.owner), "post", f"/components/{part.pk}/register/", {"name": "Other", "purpose": "x"})
    assert again.status_code == 409


def test_a_dependency_is_on_what_the_caller_may_see(cast, api):
    other, vendor = another(cast), add_third_party(cast)
    values = {"workload": cast.workload.pk, "strength": "hard"}
    refused = send(api(cast.owner), "post", "/dependencies/", values | {"needs": other.pk})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["needs"])
    said = send(api(cast.owner), "post", "/dependencies/", values | {"third_party": vendor.pk}).json()
    assert (said["needs"], said["third_party_name"], said["order"]) == (None, "Card network", "sequential")
    refused = send(api(cast.owner), "patch", f"/dependencies/{said['id']}/", {"strength": "soft"})
    assert list(refused.json()["errors"]) == ["remains"]
    assert send(api(cast.owner), "delete", f"/dependencies/{said['id']}/").status_code == 204
    assert not Dependency.objects.exists()


def test_of_a_workload_that_is_not_the_callers_it_is_only_said_that_there_is_one(cast, api):
    other = another(cast)
    need = add_dependency(cast, other)
    said = api(cast.owner).get(f"/api/v1/dependencies/{need.pk}/").json()
    assert (said["needs"], said["needs_name"]) == (None, HIDDEN)
    assert api(cast.head).get(f"/api/v1/dependencies/{need.pk}/").json()["needs"] == other.pk
    found = api(cast.head).get(f"/api/v1/dependencies/?needs={other.pk}").json()
    assert [row["id"] for row in found["results"]] == [need.pk]
    assert api(cast.owner).get(f"/api/v1/dependencies/?needs={other.pk}").json()["results"] == []


def test_third_parties_are_changed_and_removed_by_who_may_add_workloads(cast, api):
    values = {"name": "Lines", "vendor": "Fjord", "rto_seconds": 60, "document": "FT-7", "has_failover": False}
    said = send(api(cast.platform), "post", "/third-parties/", values).json()
    assert {name: said[name] for name in values} == values
    address = f"/third-parties/{said['id']}/"
    assert send(api(cast.owner), "patch", address, {"vendor": "x"}).status_code == 403
    assert send(api(cast.stranger), "patch", address, {"vendor": "x"}).status_code == 404
    assert send(api(cast.platform), "patch", address, {"document": ""}).json()["errors"].keys() == {"document"}
    assert send(api(cast.owner), "delete", address).status_code == 403
    assert send(api(cast.platform), "delete", address).status_code == 204
    assert not ThirdParty.objects.exists()


def test_a_stranger_finds_nothing_and_a_reader_changes_nothing(cast, api):
    vendor = add_third_party(cast)
    things = {
        "components": add_component(cast), "flows": add_flow(cast), "failure-modes": add_failure_mode(cast),
        "dependencies": add_dependency(cast, third_party=vendor),
    }  # fmt: skip
    stranger, auditor = api(cast.stranger), api(cast.auditor)
    for resource, thing in things.items():
        address = f"/{resource}/{thing.pk}/"
        assert stranger.get(f"/api/v1/{resource}/").json()["results"] == []
        assert auditor.get(f"/api/v1{address}").status_code == 200
        for method in ("patch", "delete"):
            assert send(stranger, method, address).status_code == 404
            assert send(auditor, method, address).status_code == 403
