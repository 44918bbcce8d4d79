"""Sending a failed message again, by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from audit.errors import NotAllowed, WrongState
from audit.models import Event
from communications.models import Delivery
from communications.services import retry
from tests.cast import NOW
from tests.communications.conftest import only, write
from tests.past import rewriting_history

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=1)
State = Delivery.State


def in_state(state: str) -> Delivery:
    delivery = only(write())
    extras: dict[State, dict[str, Any]] = {
        State.SENT: {"sent_at": NOW},
        State.STARTED: {"started_at": NOW, "lease_token": delivery.reference, "lease_until": LATER},
        State.DIGESTED: {"digest": delivery.message},
    }
    extra = extras.get(State(state), {})
    with rewriting_history():
        Delivery.objects.filter(pk=delivery.pk).update(state=state, attempts=8, last_error="Refused: 550", **extra)
    delivery.refresh_from_db()
    return delivery


@pytest.mark.parametrize("state", State.values)
def test_only_what_failed_can_be_sent_again(cast, state):
    delivery = in_state(state)
    if state == State.FAILED:
        retry(delivery=delivery, by=cast.platform, at=LATER)
    else:
        with pytest.raises(WrongState, match="Only a message that failed"):
            retry(delivery=delivery, by=cast.platform, at=LATER)
    delivery.refresh_from_db()
    assert delivery.state == (State.QUEUED if state == State.FAILED else state)


def test_it_waits_from_now_on_with_all_its_tries_and_the_same_message_id(cast):
    delivery = in_state(State.FAILED)
    was = delivery.reference
    retry(delivery=delivery, by=cast.platform, at=LATER)
    delivery.refresh_from_db()
    assert (delivery.next_try_at, delivery.attempts, delivery.reference) == (LATER, 0, was)


def test_the_trail_says_who_did_it(cast):
    delivery = in_state(State.FAILED)
    retry(delivery=delivery, by=cast.platform, at=LATER)
    line = Event.objects.get(kind="delivery.retried")
    assert (line.actor_name, line.at, line.subject_id) == (str(cast.platform), LATER, str(delivery.pk))
    assert (line.before["state"], line.after) == ("failed", {"state": "queued", "to": delivery.recipient})


@pytest.mark.parametrize("who", ["auditor", "sponsor", "owner", "stranger"])
def test_who_may_not_is_refused_and_nothing_happens(cast, who):
    delivery = in_state(State.FAILED)
    with pytest.raises(NotAllowed):
        retry(delivery=delivery, by=getattr(cast, who), at=LATER)
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED
    assert not Event.objects.filter(kind="delivery.retried").exists()


def test_of_two_clicks_one_counts(cast):
    delivery = in_state(State.FAILED)
    same = Delivery.objects.get(pk=delivery.pk)
    retry(delivery=delivery, by=cast.platform, at=LATER)
    with pytest.raises(WrongState):
        retry(delivery=same, by=cast.head, at=LATER)
    assert Event.objects.filter(kind="delivery.retried").count() == 1
