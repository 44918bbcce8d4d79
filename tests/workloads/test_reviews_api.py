"""Reviews in JSON: what waits, what has changed of each, and reaffirming many by the same deed as the page."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from people.services import issue_token
from tests.workloads.campaigns import in_force, more_in_force, opened
from workloads import services
from workloads.models import Campaign, Reaffirmation

ADDRESS = "/api/v1/reviews/"


@pytest.fixture
def two(cast):
    """One of which nothing has changed, and one of which something has."""
    at = timezone.now() - dt.timedelta(days=70)
    same, changed = in_force(cast, at=at), more_in_force(cast, 1)[0]
    services.change_workload(workload=changed.workload, by=cast.head, at=timezone.now(), purpose="Else.")
    opened(cast, at=timezone.now())
    return same, changed


def _read(client, **asked):
    return client.get(ADDRESS, asked).json()["results"]


def _send(client, rows):
    seen = [{name: row[name] for name in ("classification", "due_on", "digest")} for row in rows]
    return client.post(f"{ADDRESS}reaffirm/", {"reviews": seen}, content_type="application/json")


def test_each_review_says_what_has_changed_since_it_was_signed(cast, page, two):
    rows = {row["name"]: row for row in _read(page(cast.stakeholder))}
    assert rows["Payment Hub"]["changed"] == []
    assert rows["Load 00"]["changed"] == ["Description changed: purpose."]
    assert _read(page(cast.auditor)) == []


def test_those_without_changes_are_reaffirmed_and_the_others_refused_by_name(cast, page, two):
    same, changed = two
    client = page(cast.stakeholder, proven=True)
    answer = _send(client, _read(client))
    assert answer.status_code == 200, answer.text
    assert answer.json()["reaffirmed"] == [same.pk]
    (refused,) = answer.json()["refused"]
    assert refused["classification"] == changed.pk
    assert "Description changed: purpose." in refused["why"]
    assert Reaffirmation.objects.get().classification == same


def test_what_was_read_before_a_review_is_refused(cast, page, two):
    client = page(cast.stakeholder, proven=True)
    rows = [row for row in _read(client) if not row["changed"]]
    assert _send(client, rows).json()["refused"] == []
    assert _send(client, rows).json()["refused"][0]["why"] == "It has been reviewed meanwhile."
    assert Reaffirmation.objects.count() == 1


def test_without_a_fresh_proof_nothing_is_signed(cast, page, two):
    client = page(cast.stakeholder)
    answer = _send(client, _read(client))
    assert answer.status_code == 403
    assert not Reaffirmation.objects.exists()


def test_a_token_signs_nothing_even_beside_a_session_that_has_just_proven_who_it_is(cast, page, two):
    asked = {"by": cast.stakeholder, "at": timezone.now(), "name": "sync", "scope": "write", "days": 3}
    _, key = issue_token(**asked)
    client = page(cast.stakeholder, proven=True)
    rows = _read(client)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    answer = _send(client, rows)
    assert answer.status_code == 403
    assert "A token cannot sign" in answer.json()["detail"]
    assert not Reaffirmation.objects.exists()


def test_who_does_not_sign_is_refused(cast, page, two):
    rows = _read(page(cast.stakeholder))
    assert _send(page(cast.stranger, proven=True), rows).status_code == 403
    assert not Reaffirmation.objects.exists()


@pytest.mark.parametrize(
    "said",
    [{}, {"reviews": []}, {"reviews": ["x"]}, {"reviews": [{"classification": 0}]}, {"reviews": {}}, [], "x",
     {"reviews": [{"classification": 1, "due_on": "soon", "digest": "0" * 64}]},
     {"reviews": [{"classification": 10**30, "due_on": "2026-01-01", "digest": "0" * 64}]}],
)  # fmt: skip
def test_nonsense_is_refused(cast, page, said):
    client = page(cast.stakeholder, proven=True)
    assert client.post(f"{ADDRESS}reaffirm/", said, content_type="application/json").status_code == 400


def test_a_campaign_narrows_the_list(cast, page, two):
    client = page(cast.stakeholder)
    assert len(_read(client, campaign=Campaign.objects.get().pk)) == 2
    assert client.get(ADDRESS, {"campaign": "x"}).status_code == 400
    assert client.get(ADDRESS, {"campaign": "99999"}).status_code == 404
