"""Workloads, tiers and targets in JSON: the same deeds, the same refusals."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Event
from people.models import ApiToken, Team
from people.services import issue_token
from signoffs.documents import digest
from tests.cast import NOW, PASSWORD, propose, put_in_force
from tests.workloads.states import STATES, in_state
from workloads import reviews, services
from workloads.models import Classification, Proof, Reaffirmation, Workload
from workloads.signing import classification_document

TARGET = {"tier": 1, "slo": "99.95", "rto_seconds": 900, "rpo_seconds": 300, "reason": "Each hour costs a lot."}


@pytest.fixture
def api(db):
    """`api(cast.head)` speaks with her token."""

    def client_of(user, scope="write"):
        _, key = issue_token(by=user, at=timezone.now(), name=f"{scope}{ApiToken.objects.count()}", scope=scope, days=1)
        return Client(headers={"Authorization": f"Bearer {key}"})

    return client_of


def _post(client, address, data=None):
    return client.post(f"/api/v1{address}", data or {}, content_type="application/json")


def test_a_workload_is_one_flat_object(cast, api):
    target = put_in_force(cast)
    reviews.note_proof(
        workload=cast.workload, proven_on=NOW.date(), rto=Proof.MET, rpo=Proof.CLAIMED, by=cast.head, at=NOW
    )
    assert api(cast.auditor, "read").get(f"/api/v1/workloads/{cast.workload.pk}/").json() == {
        "id": cast.workload.pk, "name": "Payment Hub", "reference": "APP-1", "purpose": "Pays claims.",
        "owner_team": cast.team.pk, "owner_team_name": "Payments", "business_unit": "", "lifecycle": "live", "tags": [],
        "own_rto_seconds": None, "is_shared": False,
        "tier": 1, "slo": "99.9500", "rto_seconds": 900, "rpo_seconds": 300, "state": "signed_off",
        "review_due_on": "2027-02-18", "waived_until": None, "classification": target.pk, "open_classification": None,
        "proven_on": "2026-11-20", "proof_rto": "met", "proof_rpo": "claimed",
    }  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_the_state_of_a_workload_is_where_its_target_stands(cast, api, state):
    in_state(cast, state)
    said = api(cast.auditor, "read").get(f"/api/v1/workloads/{cast.workload.pk}/").json()
    expected = {"withdrawn": "none", "superseded": "signed_off"}.get(state, state)
    assert said["state"] == expected
    assert (said["tier"] is None) == (expected in ("none", "rejected"))


def test_a_stranger_finds_nothing_and_nobody_comes_in_without_a_token(cast, api, client):
    target = propose(cast)
    stranger = api(cast.stranger)
    assert stranger.get("/api/v1/workloads/").json()["count"] == 0
    assert stranger.get("/api/v1/classifications/").json()["count"] == 0
    for path in (f"/workloads/{cast.workload.pk}/", f"/classifications/{target.pk}/"):
        assert stranger.get(f"/api/v1{path}").status_code == 404
    for path in ("send", "withdraw", "change"):
        assert _post(stranger, f"/classifications/{target.pk}/{path}/", TARGET).status_code == 404
    assert _post(stranger, f"/workloads/{cast.workload.pk}/propose/", TARGET).status_code == 404
    assert client.get("/api/v1/workloads/").status_code == 401


def test_a_read_token_reads(cast, api):
    client = api(cast.head, "read")
    assert client.get("/api/v1/workloads/").status_code == 200
    assert _post(client, f"/workloads/{cast.workload.pk}/propose/", TARGET).status_code == 403
    assert not Classification.objects.exists()


def test_adding_and_changing_call_the_services(cast, api):
    client = api(cast.head)
    answer = _post(
        client, "/workloads/", {"name": "Desk", "purpose": "Work.", "owner_team": cast.team.pk, "tags": ["a"]}
    )
    assert answer.status_code == 201
    number = answer.json()["id"]
    assert Event.objects.get(kind="workload.added", subject_id=str(number)).door == "api"
    said = client.patch(f"/api/v1/workloads/{number}/", {"purpose": "Much."}, content_type="application/json")
    assert (said.status_code, said.json()["purpose"]) == (200, "Much.")
    assert client.put(f"/api/v1/workloads/{number}/", {}, content_type="application/json").status_code == 405
    assert client.delete(f"/api/v1/workloads/{number}/").status_code == 405


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "payment hub"}, "name"), ({"name": " "}, "name"), ({"name": None}, "name"),
        ({"name": "x" * 121}, "name"), ({"owner_team": 10**30}, "owner_team"), ({"owner_team": 999}, "owner_team"),
        ({"owner_team": "Payments"}, "owner_team"), ({"tags": "a"}, "tags"),
        ({"own_rto_seconds": -1}, "own_rto_seconds"), ({"own_rto_seconds": "5 min"}, "own_rto_seconds"),
        ({"tags": ["x" * 41]}, "tags"), ({"tags": [{}]}, "tags"), ({"lifecycle": "gone"}, "lifecycle"),
        ({"reference": "APP-1"}, "reference"), ({"purpose": []}, "purpose"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_problem_that_names_its_field(cast, api, values, field):
    answer = _post(api(cast.head), "/workloads/", {"name": "N", "purpose": "P", "owner_team": cast.team.pk} | values)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert field in {name.partition(".")[0] for name in answer.json()["errors"]}
    assert Workload.objects.count() == 1


def test_a_target_goes_its_whole_way(cast, api):
    client = api(cast.owner)
    answer = _post(client, f"/workloads/{cast.workload.pk}/propose/", TARGET)
    assert answer.status_code == 201
    number = answer.json()["id"]
    changed = _post(
        client, f"/classifications/{number}/change/", TARGET | {"rto_seconds": 600, "differs_reason": "Paper."}
    )
    assert (changed.status_code, changed.json()["rto_seconds"]) == (200, 600)
    sent = _post(client, f"/classifications/{number}/send/")
    assert (sent.status_code, sent.json()["state"]) == (200, "in_review")
    assert sent.json()["request"]
    again = _post(client, f"/classifications/{number}/send/")
    assert (again.status_code, again.json()["type"].endswith("wrong-state")) == (
        409,
        True,
    )
    assert _post(client, f"/classifications/{number}/withdraw/").json()["state"] == "withdrawn"
    assert _post(client, f"/classifications/{number}/withdraw/").status_code == 409


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"rto_seconds": 901}, "rto_seconds"), ({"rpo_seconds": 10**12}, "rpo_seconds"), ({"rto_seconds": -1}, "rto_seconds"),
        ({"slo": "NaN"}, "slo"), ({"slo": "100.1"}, "slo"), ({"slo": "99.99999"}, "slo"), ({"slo": 1e308}, "slo"),
        ({"slo": ""}, "slo"), ({"tier": 9}, "tier"), ({"tier": 10**9}, "tier"), ({"tier": None}, "tier"),
        ({"reason": ""}, "reason"), ({"rto_seconds": True}, None),
    ],
)  # fmt: skip
def test_a_target_that_does_not_fit_names_its_field(cast, api, values, field):
    answer = _post(api(cast.owner), f"/workloads/{cast.workload.pk}/propose/", TARGET | values)
    if field is None:
        assert answer.status_code in (201, 400)
        return
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_characters_that_nothing_can_store_are_refused(cast, api, text):
    client = api(cast.head)
    described = {"name": text, "purpose": "P", "owner_team": cast.team.pk}
    assert _post(client, "/workloads/", described).status_code == 400
    assert _post(client, f"/workloads/{cast.workload.pk}/propose/", TARGET | {"reason": text}).status_code == 400


@pytest.mark.parametrize("who", ["auditor", "sponsor", "stakeholder"])
def test_who_may_not_is_refused_by_the_service(cast, api, who):
    target, client = propose(cast), api(getattr(cast, who))
    for path in (f"/workloads/{cast.workload.pk}/propose/", f"/classifications/{target.pk}/change/"):
        assert _post(client, path, TARGET).status_code == 403
    for verb in ("send", "withdraw"):
        assert _post(client, f"/classifications/{target.pk}/{verb}/").status_code == 403
    answer = client.patch(f"/api/v1/workloads/{cast.workload.pk}/", {"name": "Z"}, content_type="application/json")
    assert answer.status_code == 403
    target.refresh_from_db()
    assert target.state == "proposed"


def test_a_token_cannot_reaffirm_but_a_session_with_a_fresh_proof_can(cast, api, page):
    target = put_in_force(cast, at=timezone.now() - dt.timedelta(days=70))
    said = {
        "digest": digest(classification_document(Classification.objects.get(pk=target.pk))),
        "due_on": target.review_due_on,
    }
    address = f"/classifications/{target.pk}/reaffirm/"
    assert _post(api(cast.stakeholder), address, said).json()["type"] == "urn:drportal:problem:token-cannot-sign"
    client = page(cast.stakeholder)
    assert _post(client, address, said).status_code == 403
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert _post(client, address, said).status_code == 200
    assert Reaffirmation.objects.get().reaffirmed_by == cast.stakeholder


def test_a_reaffirmation_names_the_review_it_answers_so_that_asking_again_gives_no_other(cast, page):
    target = put_in_force(cast, at=timezone.now() - dt.timedelta(days=70))
    said = {"digest": digest(classification_document(Classification.objects.get(pk=target.pk)))}
    client, address = page(cast.stakeholder, proven=True), f"/classifications/{target.pk}/reaffirm/"
    assert list(_post(client, address, said).json()["errors"]) == ["due_on"]
    said["due_on"] = target.review_due_on
    assert _post(client, address, said).status_code == 200
    again = _post(client, address, said)
    assert (again.status_code, again.json()["type"]) == (409, "urn:drportal:problem:wrong-state")
    assert Reaffirmation.objects.count() == 1


def test_of_two_requests_with_one_idempotency_key_one_is_done(cast, api):
    client = api(cast.owner)
    answers = [
        client.post(
            f"/api/v1/workloads/{cast.workload.pk}/propose/", TARGET, content_type="application/json",
            headers={"Idempotency-Key": "k1"},
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("q=hub", 200), ("tier=1", 200), ("tier=none&tier=2", 200), ("tier=abc", 400), ("state=zz", 400), ("team=abc", 400),
        ("team=99999999999999999999999", 400), ("review=soon", 400), ("q=%00", 400), ("q=" + "x" * 101, 400),
        ("page=0", 404), ("page=abc", 404), ("page_size=0", 400), ("page_size=99999", 400), ("ordering=-tier,name", 200),
        ("ordering=owner_team__members__password", 400), ("ordering=%00", 400), ("lifecycle=live", 200),
    ],
)  # fmt: skip
def test_filters_of_the_list_refuse_nonsense(cast, api, question, status):
    assert api(cast.head, "read").get(f"/api/v1/workloads/?{question}").status_code == status


@pytest.mark.parametrize("number", ["0", "-1", "abc", "99999999999999999999999", "%00", "²", "1.5"])
@pytest.mark.parametrize("kind", ["workloads", "classifications", "tiers"])
def test_a_number_that_is_none_finds_nothing(cast, api, kind, number):
    if (kind, number) == ("tiers", "0"):
        return
    client = api(cast.head)
    assert client.get(f"/api/v1/{kind}/{number}/").status_code == 404
    if kind == "classifications":
        assert _post(client, f"/classifications/{number}/send/").status_code == 404


def test_lists_are_in_one_order_and_can_be_put_in_another(cast, api):
    put_in_force(cast)
    for name in ("Alpha", "Zulu"):
        services.add_workload(by=cast.head, at=NOW, name=name, purpose="x", owner_team=cast.team)
    client = api(cast.head, "read")

    def names(ordering=""):
        return [row["name"] for row in client.get(f"/api/v1/workloads/?ordering={ordering}").json()["results"]]

    assert names() == ["Alpha", "Payment Hub", "Zulu"]
    assert names("-name") == ["Zulu", "Payment Hub", "Alpha"]
    assert names("tier")[0] == "Payment Hub"


def test_the_tiers_are_read_only(cast, api):
    client = api(cast.head)
    tiers = client.get("/api/v1/tiers/").json()
    assert [tier["level"] for tier in tiers["results"]] == [0, 1, 2, 3]
    assert client.get("/api/v1/tiers/0/").json()["name"] == "Mission critical"
    assert _post(client, "/tiers/", {}).status_code == 405


@pytest.mark.parametrize("path", ["/workloads/", "/classifications/"])
@pytest.mark.parametrize("who", ["head", "owner"])
def test_a_list_costs_the_same_for_one_row_and_for_fifty(cast, api, django_assert_max_num_queries, path, who):
    client, team = api(getattr(cast, who), "read"), Team.objects.get()
    propose(cast)
    costs = []
    for size in (1, 3, 50):
        have = Workload.objects.count()
        loads = Workload.objects.bulk_create(
            Workload(name=f"Load {n}", purpose="x", owner_team=team, added_at=NOW, added_by=cast.head)
            for n in range(have, size)
        )
        Classification.objects.bulk_create(
            Classification(
                workload=load,
                tier_id=2,
                slo=99,
                rto_seconds=1,
                rpo_seconds=1,
                reason="x",
                proposed_at=NOW,
                proposed_by=cast.head,
            )
            for load in loads
        )
        client.get(f"/api/v1{path}")
        with django_assert_max_num_queries(8) as counted:
            assert client.get(f"/api/v1{path}").json()["count"] == size
        costs.append(len(counted))
    assert len(set(costs)) == 1, costs
