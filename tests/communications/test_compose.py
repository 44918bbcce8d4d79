"""Messages are written in the transaction of the deed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from audit.kinds import Kind
from audit.models import Event
from communications.models import Delivery, Message
from communications.purposes import Purpose
from communications.services import compose
from people.models import Contact, ContactKind, Mailing
from tests.cast import NOW

CONTEXT = {"workload": "Payment Hub", "who": "Maren Holt", "reason": "Too dear."}


def write(
    *to: Any, purpose: Purpose = Purpose.CLASSIFICATION_REJECTED, by: Any = None, **values: Any
) -> Message | None:
    given: dict[str, Any] = {"context": CONTEXT, "thread": "workload:1", "path": "/workloads/1/", "at": NOW}
    return compose(purpose, to=to, by=by or to[0], **(given | values))


def test_one_message_with_one_delivery_a_person_in_the_words_of_the_purpose(cast):
    message = write(cast.head, cast.owner)
    assert message is not None
    assert message.subject_line == "Rejected: the proposed target for Payment Hub"
    assert "Too dear." in message.body
    assert (message.path, message.thread, message.created_by) == ("/workloads/1/", "workload:1", cast.head)
    found = message.deliveries.values_list("address", "state", "next_try_at")
    assert list(found) == [(cast.head.email, "queued", NOW), (cast.owner.email, "queued", NOW)]


def test_the_trail_says_what_was_queued_for_whom(cast):
    write(cast.owner, by=cast.head)
    line = Event.objects.get(kind=Kind.MESSAGE_QUEUED, thread="workload:1")
    assert line.after == {"purpose": "classification-rejected", "to": ["Tomas Reyes"]}
    assert line.actor_name == "Maren Holt"


def test_the_same_person_twice_gets_it_once(cast):
    double = Contact(name="Tomas at home", email=cast.owner.email.upper(), kind=ContactKind.OTHER)
    double.save()
    message = write(cast.owner, cast.owner, double)
    assert message is not None
    assert message.deliveries.count() == 1


def test_who_cannot_be_reached_is_left_out(cast):
    cast.owner.is_active = False
    by_phone_only = Contact.objects.create(name="Duty line", phone="110", kind=ContactKind.EMERGENCY)
    vendor = Contact.objects.create(name="Storage Ltd", email="help@storage.example", kind=ContactKind.VENDOR)
    message = write(cast.owner, by_phone_only, vendor, by=cast.head)
    assert message is not None
    assert [d.recipient for d in message.deliveries.all()] == ["Storage Ltd"]


def test_nobody_to_reach_means_no_message_and_no_line_in_the_trail(cast):
    assert write(by=cast.head) is None
    assert not Message.objects.exists()
    assert not Event.objects.filter(kind=Kind.MESSAGE_QUEUED).exists()


@pytest.mark.parametrize(
    "context", [{}, CONTEXT | {"more": "x"}, {"workload": "x", "who": "y"}], ids=["empty", "unknown", "missing"]
)
@pytest.mark.parametrize("reached", [True, False])
def test_a_context_that_does_not_fit_is_refused_even_when_nobody_is_reached(cast, context, reached):
    with pytest.raises(ValueError, match="placeholders"):
        write(*([cast.owner] if reached else []), by=cast.head, context=context)


def test_values_are_never_read_as_templates(cast):
    hostile = {"workload": "{reason}\r\nBcc: all@example.org", "who": "{0.__class__}", "reason": "\x00\x1b[2J%(x)s"}
    message = write(cast.owner, context=hostile)
    assert message is not None
    assert message.subject_line == "Rejected: the proposed target for {reason} Bcc: all@example.org"
    assert "{0.__class__} did not sign" in message.body
    assert "\x00" not in message.body
    assert "\x1b" not in message.body


def test_an_endless_subject_is_cut_and_says_so(cast):
    message = write(cast.owner, context=CONTEXT | {"workload": "ä" * 500})
    assert message is not None
    assert len(message.subject_line) == 300
    assert message.subject_line.endswith("…")


def test_who_wants_one_message_a_day_has_it_held_unless_it_is_urgent(cast):
    cast.owner.mailing = Mailing.DAILY
    held = write(cast.owner)
    urgent = write(cast.owner, purpose=Purpose.DRILL_CANCELLED, context={"workload": "a", "window": "b", "who": "c"})
    assert held is not None
    assert urgent is not None
    assert held.deliveries.get().state == Delivery.State.HELD
    assert urgent.deliveries.get().state == Delivery.State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_a_message_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        write(by=Contact(name="x"))


@pytest.mark.django_db(transaction=True)
def test_when_the_deed_fails_nothing_was_written():
    contact = Contact.objects.create(name="Storage Ltd", email="help@storage.example", kind=ContactKind.VENDOR)

    def deed() -> None:
        with transaction.atomic():
            write(contact, by=Contact(name="x"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        deed()
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()
    assert not Event.objects.filter(kind=Kind.MESSAGE_QUEUED).exists()
