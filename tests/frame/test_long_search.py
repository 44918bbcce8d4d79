"""A search that is too long is refused in the same words wherever it is asked, and shows nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import PASSWORD
from tests.drills.play import planned

SAID = "Ensure this value has at most 100 characters (it has 300)."
PAGES = (
    "/workloads/", "/workloads/export/list/", "/workloads/change-many/", "/workloads/views/save/", "/search/", "/drills/",
    "/drills/export/", "/drills/export/gaps/", "/drills/new/", "/messages/", "/messages/export/", "/people/", "/people/export/",
    "/people/contacts/", "/people/contacts/export/", "/people/assignments/", "/people/assignments/export/",
    "/workloads/campaigns/open/",
)  # fmt: skip
LISTS = ("workloads", "drills", "messages", "assignments")


@pytest.fixture
def client(cast):
    planned(cast)
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_a_search_of_300_letters_is_refused_and_shows_nothing(client, path):
    answer = client.get(path, {"q": "x" * 300, "tier": "1"})
    assert answer.status_code == 400
    assert SAID in answer.text
    assert "Payment Hub" not in answer.text
    assert f"{path}?tier=1" in answer.text
    assert client.get(path, {"q": "x" * 100}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_the_api_says_the_same_sentence(client, name):
    answer = client.get(f"/api/v1/{name}/", {"q": "x" * 300})
    assert (answer.status_code, answer.json()["errors"]) == (400, {"q": [SAID]})


@pytest.mark.django_db
def test_who_is_not_signed_in_signs_in_first(client):
    assert "/accounts/login/" in Client().get("/workloads/", {"q": "x" * 300})["Location"]
