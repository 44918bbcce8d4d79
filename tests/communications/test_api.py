"""Messages in JSON, and both doors to sending one again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from communications.models import Delivery
from people.services import issue_token
from tests.cast import PASSWORD
from tests.communications.test_pages import fail, write

State = Delivery.State


def signed_in(person: Any) -> Client:
    client = Client()
    assert client.login(email=person.email, password=PASSWORD)
    return client


def failed(cast: Any) -> Delivery:
    delivery = write(cast.owner).deliveries.get()
    fail(delivery)
    return Delivery.objects.get(pk=delivery.pk)


def test_the_page_leads_to_sending_it_again(cast):
    delivery = failed(cast)
    button = reverse("communications:retry", args=[delivery.pk])
    page = signed_in(cast.head).post(button, follow=True).content.decode()
    assert "The message to Tomas Reyes leaves again" in page
    assert "Tried again by hand by Maren Holt" in page
    delivery.refresh_from_db()
    assert delivery.state == State.QUEUED


@pytest.mark.parametrize(("who", "status"), [("head", 200), ("auditor", 403), ("owner", 403), ("stranger", 404)])
def test_so_does_the_api(cast, who, status):
    delivery, client = failed(cast), signed_in(getattr(cast, who))
    address = reverse("messages-retry", kwargs={"delivery": delivery.pk})
    answer = client.post(address, content_type="application/json")
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["state"] == "queued"
        assert client.post(address, content_type="application/json").status_code == 409


@pytest.mark.parametrize("number", ["0", "999999999999999999"])
def test_a_delivery_that_is_not_there_is_not_found(cast, number):
    answer = signed_in(cast.head).post(reverse("messages-retry", kwargs={"delivery": number}))
    assert answer.status_code == 404


def test_a_reading_token_reads_messages_and_sends_none_again(cast):
    delivery = failed(cast)
    _, key = issue_token(by=cast.head, at=timezone.now(), name="probe", scope="read", days=3)
    client = Client(headers={"Authorization": f"Bearer {key}"})
    found = client.get(reverse("messages-detail", args=[delivery.message_id])).json()
    assert found["deliveries"][0]["last_error"] == "550 No such person"
    assert client.post(reverse("messages-retry", kwargs={"delivery": delivery.pk})).status_code == 403


def test_without_the_right_it_tells_only_of_oneself(cast):
    message, other = write(cast.owner, cast.head), write(cast.head)
    client = signed_in(cast.owner)
    found = client.get(reverse("messages-list"), {"thread": "workload:1"}).json()["results"]
    assert [(m["id"], [d["recipient"] for d in m["deliveries"]]) for m in found] == [(message.pk, ["Tomas Reyes"])]
    assert client.get(reverse("messages-detail", args=[other.pk])).status_code == 404


def test_it_is_narrowed_like_the_page(cast):
    message = write(cast.owner)
    client = signed_in(cast.auditor)
    for asked, count in (
        ({"q": "tomas"}, 1),
        ({"state": "sent"}, 0),
        ({"thread": "workload:1"}, 1),
        ({"thread": "x"}, 0),
    ):
        found = client.get(reverse("messages-list"), asked | {"purpose": message.purpose}).json()
        assert found["count"] == count, asked
    assert client.get(reverse("messages-list"), {"state": "nonsense"}).status_code == 400
