"""Saved views in JSON."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Event
from tests.cast import NOW, PASSWORD
from workloads.models import SavedView
from workloads.saved.services import save_view

pytestmark = pytest.mark.django_db
PATH = "/api/v1/saved-views/"


def client_of(user):
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client


def send(client, method, address, data=None, **headers):
    return getattr(client, method)(address, data or {}, content_type="application/json", headers=headers)


def test_a_view_is_kept_read_changed_shared_and_removed(cast):
    client = client_of(cast.platform)
    made = send(client, "post", PATH, {"name": "Mine", "query": "?tier=1&page=3&nonsense=x&sort=review"})
    assert made.status_code == 201
    view = made.json()
    assert (view["name"], view["query"], view["is_shared"]) == ("Mine", "tier=1&sort=review", False)
    address = f"{PATH}{view['id']}/"
    assert send(client, "patch", address, {"is_shared": True}).json()["is_shared"] is True
    assert send(client, "patch", address, {"name": "Ours"}).json()["name"] == "Ours"
    assert [row["name"] for row in client.get(PATH).json()["results"]] == ["Ours"]
    assert client.get(f"/workloads/?{view['query']}").status_code == 200
    assert send(client, "delete", address).status_code == 204
    assert client.get(address).status_code == 404
    kinds = Event.objects.filter(thread=f"view:{view['id']}").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["view.saved", "view.changed", "view.changed", "view.removed"]


def test_private_views_of_others_are_not_there_and_shared_ones_are_read_only(cast):
    private = save_view(by=cast.head, at=NOW, name="Private", query="tier=1")
    shared = save_view(by=cast.head, at=NOW, name="Shared", query="tier=1", is_shared=True)
    client = client_of(cast.owner)
    assert [row["name"] for row in client.get(PATH).json()["results"]] == ["Shared"]
    for method in ("patch", "delete"):
        assert send(client, method, f"{PATH}{private.pk}/", {"name": "Taken"}).status_code == 404
    assert client.get(f"{PATH}{private.pk}/").status_code == 404
    assert client.get(f"{PATH}{shared.pk}/").status_code == 200
    refused = [send(client, method, f"{PATH}{shared.pk}/", {"name": "Taken"}) for method in ("patch", "delete")]
    assert [(answer.status_code, answer.json()["type"]) for answer in refused] == [
        (403, "urn:drportal:problem:not-allowed")
    ] * 2
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Private", "Shared"}


@pytest.mark.parametrize(
    "data",
    [{}, {"name": "x"}, {"query": "tier=1"}, {"name": "", "query": "tier=1"}, {"name": "x", "query": "nonsense=1"},
     {"name": "x" * 61, "query": "tier=1"}, {"name": "x", "query": "&" * 900}, {"name": "x", "query": "q=" + "ä" * 890},
     {"name": "x", "query": "a" * 5000}, {"name": "\0", "query": "tier=1"}, {"name": "x", "query": 3}, [], "x"],
)  # fmt: skip
def test_what_makes_no_view_is_refused_and_breaks_nothing(cast, data):
    answer = client_of(cast.owner).post(PATH, data, content_type="application/json")
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"].startswith("urn:drportal:problem:")


def test_the_same_key_keeps_one_view(cast):
    client, data = client_of(cast.owner), {"name": "Once", "query": "tier=1"}
    first, again = (send(client, "post", PATH, data, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.json() == again.json()
    assert SavedView.objects.count() == 1
    assert send(client, "post", PATH, data).status_code == 400  # the name is taken
