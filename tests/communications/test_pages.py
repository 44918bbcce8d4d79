"""Who sees which message, and what a page says of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.kinds import Kind
from audit.services import PORTAL, record
from communications.models import Delivery, Message
from communications.purposes import Purpose
from communications.services import compose, remind_many
from people.models import Contact, ContactKind
from tests.cast import NOW, PASSWORD
from tests.communications.test_remind import reminder
from tests.past import rewriting_history

LIST = reverse("communications:list")
State = Delivery.State


def write(*to: Any, workload: str = "Payment Hub") -> Message:
    message = compose(
        Purpose.CLASSIFICATION_REJECTED, to=to, thread="workload:1", path="/workloads/1/", by=PORTAL, at=NOW,
        context={"workload": workload, "who": "Maren Holt", "reason": "<b>Too dear</b>"},
    )  # fmt: skip
    assert message is not None
    return message


def look(person: Any, address: str, **asked: str) -> Any:
    client = Client()
    assert client.login(email=person.email, password=PASSWORD)
    return client.get(address, asked)


def fail(delivery: Delivery, why: str = "550 No such person") -> None:
    with rewriting_history():
        Delivery.objects.filter(pk=delivery.pk).update(state=State.FAILED, last_error=why, attempts=1)
    record(Kind.DELIVERY_FAILED, delivery, by=PORTAL, at=NOW, after={"to": delivery.recipient, "why": why})


def test_without_the_right_one_finds_only_what_was_sent_to_oneself(cast):
    mine, other = write(cast.owner, cast.head, workload="Payment Hub"), write(cast.head, workload="Claims Intake")
    page = look(cast.owner, LIST).content.decode()
    assert mine.subject_line in page
    assert other.subject_line not in page
    assert look(cast.owner, mine.get_absolute_url()).status_code == 200
    assert look(cast.owner, other.get_absolute_url()).status_code == 404
    assert look(cast.stranger, mine.get_absolute_url()).status_code == 404


def test_without_the_right_one_does_not_learn_who_else_got_it(cast):
    message = write(cast.owner, cast.head)
    for address in (LIST, message.get_absolute_url()):
        assert cast.head.email not in look(cast.owner, address).content.decode()
        assert "Maren Holt" not in look(cast.owner, LIST).content.decode()
    assert "Nothing fits" in look(cast.owner, LIST, q="maren").content.decode()
    fail(message.deliveries.get(user=cast.head))
    assert "Nothing fits" in look(cast.owner, LIST, state="failed").content.decode()


def test_with_the_right_one_sees_all_of_them(cast):
    message = write(cast.owner, cast.head, cast.sponsor)
    page = look(cast.auditor, LIST).content.decode()
    assert "Tomas Reyes, Maren Holt and 1 more" in page
    assert "Waiting, all 3" in page
    assert cast.sponsor.email in look(cast.auditor, message.get_absolute_url()).content.decode()


def test_the_page_shows_the_text_as_it_left_and_hostile_text_as_text(cast, settings):
    settings.BASE_URL = "https://portal.example"
    page = look(cast.owner, write(cast.owner).get_absolute_url()).content.decode()
    assert "Dear Tomas Reyes," in page
    assert "https://portal.example/workloads/1/" in page
    assert "&lt;b&gt;Too dear&lt;/b&gt;" in page
    assert "<b>Too dear" not in page


def test_a_failed_message_says_why_on_the_page(cast):
    message = write(cast.owner)
    fail(message.deliveries.get())
    page = look(cast.head, message.get_absolute_url()).content.decode()
    assert "550 No such person" in page
    assert "1 could not be delivered" in look(cast.head, LIST).content.decode()


def test_a_flagged_copy_is_explained(cast):
    message = write(cast.owner)
    with rewriting_history():
        message.deliveries.update(flagged_copy=True, state=State.SENT, sent_at=timezone.now())
    page = look(cast.owner, message.get_absolute_url()).content.decode()
    assert "same Message-ID" in page
    assert "Copy sent" in page
    assert "sent once more" in look(cast.owner, LIST).content.decode()


@pytest.mark.parametrize("who", ["auditor", "head"])
def test_the_button_is_there_only_where_the_deed_is_allowed_and_possible(cast, who):
    message = write(cast.owner)
    button = reverse("communications:retry", args=[message.deliveries.get().pk])
    assert button not in look(getattr(cast, who), message.get_absolute_url()).content.decode()
    fail(message.deliveries.get())
    shown = button in look(getattr(cast, who), message.get_absolute_url()).content.decode()
    assert shown == (who == "head")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "claims"}, {"Claims Intake"}),
        ({"q": "tomas reyes"}, {"Payment Hub"}),
        ({"q": "storage.example"}, {"Claims Intake"}),
        ({"q": "claims tomas"}, set()),
        ({"state": "queued"}, {"Claims Intake", "Payment Hub"}),
        ({"state": "sent"}, set()),
        ({"purpose": "classification-rejected"}, {"Claims Intake", "Payment Hub"}),
        ({"purpose": "drill-changed"}, set()),
        ({"state": "nonsense"}, set()),
    ],
)
def test_the_list_is_narrowed(cast, asked, found):
    vendor = Contact.objects.create(name="Storage Ltd", email="a@storage.example", kind=ContactKind.VENDOR)
    write(cast.owner, workload="Payment Hub")
    write(vendor, workload="Claims Intake")
    page = look(cast.auditor, LIST, **asked)
    assert page.status_code == 200
    assert {
        row.message.subject_line.removeprefix("Rejected: the proposed target for ") for row in page.context["rows"]
    } == found


def test_the_list_goes_on_by_fifties(cast):
    remind_many([reminder(cast.owner, thread=f"workload:{n}") for n in range(51)], at=NOW)
    assert len(look(cast.owner, LIST).context["rows"]) == 50
    assert len(look(cast.owner, LIST, page="2").context["rows"]) == 1


@pytest.mark.parametrize("path", ["list", "message", "api"])
def test_one_message_costs_as_many_questions_as_fifty(cast, path, django_assert_max_num_queries):
    client = Client()
    assert client.login(email=cast.auditor.email, password=PASSWORD)

    def cost() -> int:
        last = Message.objects.order_by("-pk").first()
        assert last is not None
        address = {"list": LIST, "message": last.get_absolute_url(), "api": reverse("messages-list")}[path]
        with django_assert_max_num_queries(40) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    write(cast.owner)
    one = cost()
    people = [cast.owner, cast.head, cast.sponsor, cast.platform]
    for number in range(49):
        write(*people, workload=f"Workload {number}")
    assert cost() == one


def test_nobody_yet_reads_what_the_page_is_for(cast):
    with rewriting_history():
        Message.objects.all().delete()
    assert "No messages yet" in look(cast.owner, LIST).content.decode()


def test_the_admin_only_shows(cast, django_user_model):
    root = django_user_model.objects.create_superuser("root@example.org", PASSWORD, name="Root")
    write(cast.owner)
    for model in ("message", "delivery"):
        assert look(root, reverse(f"admin:communications_{model}_changelist")).status_code == 200
        assert look(root, reverse(f"admin:communications_{model}_add")).status_code == 403
