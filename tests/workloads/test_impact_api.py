"""The impact analysis in JSON, and what an administrator may do with its questions."""

from __future__ import annotations

import pytest

from tests.workloads.impact import answer, cells, month_end
from workloads.impact.queries import picture
from workloads.models import ImpactCategory, ImpactPoint

pytestmark = pytest.mark.usefixtures("unanswered")
ONE = {"loss": "time", "category": "trust", "seconds": 3600, "level": 3}
MONEY = {"loss": "time", "category": "money", "seconds": 3600, "level": 2, "amount_per_hour": "38000.00"}


def send(client, cast, revision, *answers, **more):
    body = {"revision": revision, "answers": list(answers)} | more
    return client.post(f"/api/v1/impact/{cast.workload.pk}/answer/", body, content_type="application/json")


def test_an_analysis_nobody_began_reads_as_empty(cast, page):
    found = page(cast.auditor).get(f"/api/v1/impact/{cast.workload.pk}/").json()
    assert (found["revision"], found["answers"], found["suggestion"]) == (0, [], None)
    assert page(cast.auditor).get("/api/v1/impact/").json()["results"] == []


def test_the_whole_is_replaced_by_what_is_sent(cast, page):
    client = page(cast.owner)
    first = send(client, cast, 0, ONE, MONEY, note="Contract.", currency="NOK").json()
    assert (first["revision"], first["currency"], len(first["answers"])) == (1, "NOK", 2)
    assert (first["suggestion"]["rto_seconds"], first["suggestion"]["missing"]) == (900, 58)
    second = send(client, cast, 1, ONE | {"level": 4}).json()
    assert [(one["category"], one["level"]) for one in second["answers"]] == [("trust", 4)]
    assert second["note"] == "Contract."
    assert page(cast.auditor).get("/api/v1/impact/").json()["results"] == [second]


def test_a_stale_revision_is_refused(cast, page):
    answer(cast, cells(levels="12"))
    assert send(page(cast.owner), cast, 0, ONE).status_code == 409
    assert len(picture(cast.workload).cells) == 2


def test_an_answer_sent_twice_with_one_key_is_given_once(cast, page):
    client, body = page(cast.owner), {"revision": 0, "answers": [ONE]}
    address = f"/api/v1/impact/{cast.workload.pk}/answer/"
    replies = [
        client.post(address, body, content_type="application/json", headers={"Idempotency-Key": "a-key-of-a-form"})
        for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert picture(cast.workload).revision == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 5},
        {"seconds": 7},
        {"category": "x"},
        {"season": 99},
        {"loss": "x"},
        {"amount_per_hour": "5"},
        {"level": None},
    ],
)
def test_what_does_not_fit_is_refused(cast, page, wrong):
    assert send(page(cast.owner), cast, 0, ONE | wrong).status_code == 400


def test_seasons_are_told_with_their_answers(cast, page):
    season = month_end(cast)
    answer(cast, cells(levels="13", season=season.pk))
    found = page(cast.auditor).get(f"/api/v1/impact/{cast.workload.pk}/").json()
    assert found["seasons"][0]["working_days"] == 2
    assert {one["season"] for one in found["answers"]} == {season.pk}


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("stranger", 404)])
def test_who_may_not_answer_is_refused(cast, page, who, status):
    assert send(page(getattr(cast, who)), cast, 0, ONE).status_code == status


@pytest.fixture
def office(cast, page):
    cast.head.is_staff = True
    cast.head.save()
    return page(cast.head, proven=True)


def test_a_question_with_answers_cannot_be_deleted_and_says_so(cast, office):
    answer(cast)
    text = office.get("/admin/workloads/impactcategory/trust/delete/", follow=True).text
    assert "12 answers in 1 impact analyses. What has been answered cannot be deleted." in text
    office.post("/admin/workloads/impactcategory/trust/delete/", {"post": "yes"})
    office.post("/admin/workloads/impactpoint/900/delete/", {"post": "yes"})
    assert (ImpactCategory.objects.count(), ImpactPoint.objects.count()) == (5, 6)


def test_a_question_nobody_answered_can_be_deleted(cast, office):
    office.post("/admin/workloads/impactcategory/trust/delete/", {"post": "yes"})
    assert not ImpactCategory.objects.filter(pk="trust").exists()
