"""One change for many workloads in JSON: seen first, then done."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Event
from people.models import Team
from tests.cast import NOW, PASSWORD, propose
from tests.workloads.bulk import add_loads
from workloads.bulk import api
from workloads.models import Workload
from workloads.services import change_workload, send_for_signature

pytestmark = pytest.mark.django_db
PATH = "/api/v1/workloads/change-many/"


@pytest.fixture
def loads(cast):
    return add_loads(cast, 3, tags=["old"])


def ask(user, data, **headers):
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client.post(PATH, data, content_type="application/json", headers=headers)


def numbers(loads):
    return [load.pk for load in loads]


def test_a_dry_run_says_what_would_change_and_changes_nothing(cast, loads):
    change_workload(workload=loads[0], by=cast.head, at=NOW, tags=["old", "money"])
    said = ask(cast.head, {"workloads": numbers(loads), "what": "add_tag", "tag": "money"}).json()
    assert (said["applied"], said["changed"], said["unchanged"], said["refused"]) == (False, 2, 1, 0)
    assert [(row["name"], row["outcome"], row["after"]) for row in said["rows"]] == [
        ("Load 0", "unchanged", "old, money"), ("Load 1", "changed", "old, money"), ("Load 2", "changed", "old, money"),
    ]  # fmt: skip
    assert Workload.objects.filter(tags__contains=["money"]).count() == 1


def test_what_was_read_is_done_once_each_with_a_line(cast, loads):
    data = {"filter": {"q": ["load"]}, "what": "lifecycle", "lifecycle": "retiring"}
    digest = ask(cast.head, data).json()["digest"]
    done = data | {"dry_run": False, "digest": digest}
    first, again = (ask(cast.head, done, **{"Idempotency-Key": "bulk-1"}) for _ in range(2))
    assert first.json() == again.json()
    assert (first.status_code, first.json()["applied"], first.json()["changed"]) == (200, True, 3)
    assert Workload.objects.filter(lifecycle="retiring").count() == 3
    assert Event.objects.filter(kind="workload.changed").count() == 3
    assert ask(cast.head, done).status_code == 409  # nothing is left to change: not what was read


@pytest.mark.parametrize("digest", ["", "0" * 64, None])
def test_without_the_digest_of_what_is_there_now_nothing_is_done(cast, loads, digest):
    data = {"workloads": numbers(loads), "what": "business_unit", "business_unit": "Retail", "dry_run": False}
    answer = ask(cast.head, data | ({} if digest is None else {"digest": digest}))
    assert answer.status_code in (400, 409)
    assert not Workload.objects.filter(business_unit="Retail").exists()


def test_somebody_elses_change_in_between_is_told(cast, loads):
    data = {"workloads": numbers(loads), "what": "business_unit", "business_unit": "Retail"}
    digest = ask(cast.head, data).json()["digest"]
    change_workload(workload=loads[1], by=cast.head, at=NOW, business_unit="Motor")
    answer = ask(cast.head, data | {"dry_run": False, "digest": digest})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:drportal:problem:wrong-state")
    assert not Workload.objects.filter(business_unit="Retail").exists()


def test_who_may_not_change_a_workload_is_told_and_the_others_are_changed(cast, loads):
    data = {"workloads": numbers(loads), "what": "add_tag", "tag": "x"}
    said = ask(cast.auditor, data).json()
    assert (said["refused"], said["changed"]) == (3, 0)
    assert "Ask its owner team" in said["rows"][0]["refused"]
    assert ask(cast.auditor, data | {"dry_run": False, "digest": said["digest"]}).status_code == 400
    stranger = ask(cast.stranger, data)
    assert (stranger.status_code, "workloads" in stranger.json()["errors"]) == (400, True)


def test_more_than_can_be_looked_through_is_refused_by_filter_too(cast, loads, monkeypatch):
    monkeypatch.setattr(api, "MOST", 2)
    answer = ask(cast.head, {"filter": {"q": ["load"]}, "what": "add_tag", "tag": "x"})
    assert (answer.status_code, answer.json()["errors"]) == (400, {"filter": ["Too many."]})


def test_a_dry_run_says_which_requests_would_become_void(cast):
    send_for_signature(classification=propose(cast, tier=2), by=cast.owner, at=NOW)
    other = Team.objects.create(name="Retail")
    said = ask(cast.head, {"workloads": [cast.workload.pk], "what": "owner_team", "owner_team": other.pk}).json()
    assert [row["voids"] for row in said["rows"]] == [True]


@pytest.mark.parametrize(
    "data",
    [{}, [], {"what": "add_tag"}, {"what": "add_tag", "tag": "x"}, {"what": "add_tag", "tag": "a,b", "filter": {}},
     {"what": "x", "workloads": [1]}, {"what": "add_tag", "tag": "x", "workloads": [1], "filter": {}},
     {"what": "add_tag", "tag": "x", "workloads": [99999999]}, {"what": "add_tag", "tag": "x", "workloads": [10**30]},
     {"what": "owner_team", "owner_team": 99999999, "filter": {}}, {"what": "owner_team", "filter": {}},
     {"what": "add_tag", "tag": "x", "filter": {"nonsense": ["1"]}}, {"what": "add_tag", "tag": "x", "filter": {"tier": ["9"]}},
     {"what": "add_tag", "tag": "x", "filter": {"view": ["zz"]}}, {"what": "add_tag", "tag": "\0", "filter": {}},
     {"what": "add_tag", "tag": "x", "filter": {"q": ["\0"]}}, {"what": "business_unit", "business_unit": " ", "filter": {}},
     {"what": "add_tag", "tag": "x", "workloads": [1] * 501}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_chooses_nothing(cast, data):
    answer = ask(cast.head, data)
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"].startswith("urn:drportal:problem:")
