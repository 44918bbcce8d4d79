"""Sign-offs in JSON: the same rules as on the page, and no signature by a program."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people.reauthentication import confirm_password
from people.services import issue_token
from signoffs.models import Request, Signature
from tests.cast import NOW, PASSWORD, propose
from tests.signoffs.conftest import sign
from workloads import services as workloads

LIST = "/api/v1/signoffs/"


def signed_in(user, proven=True):
    client = Client()
    client.force_login(user, backend="people.backends.SignInBackend")
    if proven:
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def post(client, sent, verb="sign", **body):
    return client.post(f"{LIST}{sent.pk}/{verb}/", body, content_type="application/json")


def test_a_request_reads_with_document_slots_and_signatures(cast, sent):
    sign(sent, cast.stakeholder)
    answer = signed_in(cast.auditor, proven=False).get(f"{LIST}{sent.pk}/").json()
    assert (answer["state"], answer["digest"], answer["text"]) == ("open", sent.digest, sent.text)
    assert answer["document"]["title"] == "Payment Hub: target for recovery"
    assert [slot["role"] for slot in answer["slots"]] == [
        "business-stakeholder",
        "executive-sponsor",
        "head-of-operations",
    ]
    assert answer["slots"][0]["signature"]["printed_name"] == "Priya Raman"
    assert answer["slots"][1]["signature"] is None


def test_a_proven_session_signs(cast, sent):
    answer = post(signed_in(cast.head), sent, digest=sent.digest)
    assert answer.status_code == 200, answer.content
    assert answer.json()["slots"][2]["signature"]["method"] == "password"


def test_a_session_without_a_fresh_proof_does_not(cast, sent):
    answer = post(signed_in(cast.head, proven=False), sent, digest=sent.digest)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:drportal:problem:reauthenticate")
    assert not Signature.objects.exists()


@pytest.mark.parametrize("verb", ["sign", "reject"])
def test_a_token_never_signs(cast, sent, verb):
    _, key = issue_token(by=cast.head, at=timezone.now(), name="script", scope="write", days=1)
    headers = {"Authorization": f"Bearer {key}"}
    body = {"digest": sent.digest, "reason": "No."}
    answer = Client().post(f"{LIST}{sent.pk}/{verb}/", body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:drportal:problem:token-cannot-sign")
    assert Client().get(LIST, headers=headers).json()["count"] == 1
    assert Request.objects.get().state == "open"


def test_a_token_beside_a_proven_session_does_not_sign_either(cast, sent):
    _, key = issue_token(by=cast.head, at=timezone.now(), name="script", scope="write", days=1)
    answer = signed_in(cast.head).post(
        f"{LIST}{sent.pk}/sign/",
        {"digest": sent.digest},
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 403


def test_rejecting_closes_it_with_the_reason(cast, sent):
    answer = post(signed_in(cast.sponsor), sent, "reject", reason="Too dear.")
    assert (answer.status_code, answer.json()["state"], answer.json()["closing_reason"]) == (
        200,
        "rejected",
        "Too dear.",
    )


@pytest.mark.parametrize("body", [{}, {"digest": "xyz"}, {"digest": "A" * 64}, {"digest": None}])
def test_a_body_that_does_not_fit_is_refused_in_words(cast, sent, body):
    answer = post(signed_in(cast.head), sent, **body)
    assert answer.status_code == 400
    assert "digest" in answer.json()["errors"]


def test_another_version_is_a_conflict(cast, sent):
    answer = post(signed_in(cast.head), sent, digest="0" * 64)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:drportal:problem:document-changed")


def test_who_is_not_asked_is_refused_and_a_stranger_finds_nothing(cast, sent):
    assert post(signed_in(cast.auditor), sent, digest=sent.digest).status_code == 403
    assert post(signed_in(cast.stranger), sent, digest=sent.digest).status_code == 404
    assert signed_in(cast.stranger).get(LIST).json()["count"] == 0
    assert Client().get(LIST).status_code == 401


def test_without_the_form_token_a_session_does_nothing(cast, sent):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    assert post(client, sent, digest=sent.digest).status_code == 403


def test_filters(cast, sent):
    def count(user, query):
        return signed_in(user, proven=False).get(f"{LIST}?{query}").json()["count"]

    assert count(cast.head, "waiting_for_me=true") == 1
    assert count(cast.auditor, "waiting_for_me=true") == 0
    assert count(cast.auditor, "waiting_for_me=false&state=open") == 1
    assert count(cast.auditor, "state=rejected") == 0
    assert count(cast.auditor, f"workload_id={cast.workload.pk}&subject_type=workloads.classification") == 1
    assert signed_in(cast.auditor, proven=False).get(f"{LIST}?subject_type=something").status_code == 400


def test_a_list_costs_the_same_for_one_and_for_many(cast, sent, django_assert_max_num_queries):
    client = signed_in(cast.auditor, proven=False)
    client.get(LIST)
    for _ in range(4):
        for target in cast.workload.classifications.filter(state="in_review"):
            workloads.withdraw(classification=target, by=cast.owner, at=NOW)
        workloads.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    with django_assert_max_num_queries(12):
        assert client.get(LIST).json()["count"] == 5


def test_nobody_proves_for_nobody(rf):
    request = rf.post("/")
    request.user = None
    assert confirm_password(request, "x") is False
