"""Messages over a real SMTP connection: each once, whatever the server says and whenever it hangs up."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage

import pytest

from communications.delivery import deliver, full_text
from communications.models import Delivery, Round, Witness
from communications.rounds import BACK_OFF
from people.models import Contact
from tests.communications.conftest import again, due_in, free_port, only, pass_time, reader, trail, write
from tests.past import rewriting_history

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_leaves_once(server):
    delivery = only(write())
    assert deliver().sent == 1
    assert deliver().sent == 0
    delivery = again(delivery)
    assert (delivery.state, delivery.attempts, server.to) == ("sent", 1, [delivery.address])
    assert delivery.sent_at >= delivery.started_at
    assert (delivery.lease_token, Round.objects.count(), Witness.objects.count()) == (None, 0, 0)


def test_the_letter_says_who_it_is_from_and_that_no_person_wrote_it(server, settings):
    settings.BASE_URL = "https://portal.example"
    delivery = only(write())
    deliver()
    (letter,) = server.letters
    assert letter["Message-ID"] == f"<{delivery.reference}@harbour-mutual.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["From"] == "Recovery Portal <portal@harbour-mutual.example>"
    assert letter["To"] == delivery.address
    assert letter["X-Portal-Copy"] is None
    assert letter["Date"]
    assert text(letter) == full_text(delivery.message, delivery)
    assert "https://portal.example/workloads/1/" in text(letter)


def text(letter: EmailMessage) -> str:
    return str(letter.get_content()).replace("\r\n", "\n")


HOSTILE = [
    "Zahlungsverkehr – Größe 5 ≥ 4, 支払い, 🌊",
    "plain, but =?utf-8?q?looks_encoded?=",
    "a\r\nBcc: everybody@example.org\r\n\r\nnot a body",
    "..\n.\n.\r\nQUIT\r\n",
    "x" * 290,
    "ä" * 290,
    "long line " * 400,
    "{who} {0} %s %(a)s",
    "tab\there\x0b\x0c\x1b[31m\x00",
    "<script>alert(1)</script> & co",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_arrive_as_words(server, words):
    delivery = again(only(write(workload=words)))
    assert deliver().sent == 1
    (letter,) = server.letters
    assert letter["Subject"] == delivery.message.subject_line
    assert text(letter) == full_text(delivery.message, delivery)
    assert (letter["Bcc"], letter.defects) == (None, [])
    assert server.to == [delivery.address]
    assert all(len(line) <= 998 for line in server.raw[0].split(b"\r\n"))
    assert server.raw[0].isascii()


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@example.org", "a\nX-Portal-Copy: 1", "a\r\n\r\nbody", "a\x85b"])
def test_a_line_break_that_got_into_a_subject_line_ends_no_header(server, subject):
    message = write()
    with rewriting_history():
        type(message).objects.filter(pk=message.pk).update(subject_line=subject)
    deliver()
    (letter,) = server.letters
    assert (letter["Bcc"], letter["X-Portal-Copy"]) == (None, None)
    assert letter["Subject"].startswith("a")


@pytest.mark.parametrize(
    "address", ["a@b\r\nRCPT TO:<x@example.org>", "a b@example.org", "nobody", "a@b>,c@example.org"]
)
def test_an_address_that_is_none_fails_and_says_so(server, address):
    delivery = only(write())
    with rewriting_history():
        Delivery.objects.filter(pk=delivery.pk).update(address=address)
    assert deliver().failed == 1
    assert (again(delivery).state, server.to) == ("failed", [])
    assert "not an address" in again(delivery).last_error


def test_a_foreign_domain_is_written_in_ascii(server):
    delivery = only(write(reader()))
    with rewriting_history():
        Delivery.objects.filter(pk=delivery.pk).update(address="anna@bücher.example")
    assert deliver().sent == 1
    assert server.to == ["anna@xn--bcher-kva.example"]


def test_a_refused_recipient_fails_at_once_with_a_line_in_the_trail(server):
    server.recipient = lambda address: "550 5.1.1 No such user" if "reader" in address else "250 OK"
    bad, good = only(write()), only(write(Contact.objects.create(name="Duty", kind="other", email="duty@example.org")))
    done = deliver()
    assert (done.sent, done.failed) == (1, 1)
    assert (again(bad).state, again(bad).attempts) == ("failed", 1)
    assert again(bad).last_error == "Refused: 550 5.1.1 No such user"
    assert again(good).state == "sent"
    (line,) = trail("delivery.failed")
    assert (line.after["to"], line.actor_name, line.door) == (bad.recipient, "Portal", "sweep")
    assert "No such user" in line.after["why"]
    assert server.lines == 1  # the line was as good as before


def test_a_refused_content_fails_too(server):
    server.content = lambda envelope: "554 5.7.1 Looks like spam"
    delivery = only(write())
    assert deliver().failed == 1
    assert again(delivery).last_error == "Refused: 554 5.7.1 Looks like spam"


def test_a_passing_fault_waits_longer_each_time_and_then_fails(server):
    server.recipient = lambda address: "450 4.2.0 Greylisted"
    delivery = only(write())
    for number, wait in enumerate(BACK_OFF, start=1):
        done = deliver()
        assert (done.sent, done.failed) == (0, 0)
        assert (again(delivery).state, again(delivery).attempts) == ("queued", number)
        assert due_in(delivery) == pytest.approx(wait.total_seconds() / 60, abs=0.2)
        assert deliver() == type(done)()  # nothing before its time
        pass_time(minutes=wait.total_seconds() / 60)
    assert not trail("delivery.failed")
    assert deliver().failed == 1
    assert (again(delivery).state, len(trail("delivery.failed"))) == ("failed", 1)


def test_after_a_passing_fault_it_gets_there(server):
    answers = iter(["451 4.3.0 Try later", "250 OK"])
    server.content = lambda envelope: next(answers)
    delivery = only(write())
    deliver()
    pass_time(minutes=1)
    assert deliver().sent == 1
    assert (again(delivery).state, again(delivery).attempts, again(delivery).flagged_copy) == ("sent", 2, False)


def test_a_server_that_closes_the_line_after_some_letters_gets_the_rest_over_the_next(server):
    """421 before any content: surely not taken, so no doubt and no wait."""
    for _ in range(5):
        write()
    told = iter(["250 OK", "250 OK", "421 4.7.0 Too many letters", "250 OK", "250 OK", "250 OK"])
    server.recipient = lambda address: next(told)
    assert deliver().sent == 5
    assert (len(server.letters), server.lines) == (5, 2)
    assert not Delivery.objects.exclude(state="sent").exists()
    assert not Delivery.objects.filter(flagged_copy=True).exists()


def test_without_a_server_nothing_starts_and_the_reason_is_shown(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 1
    delivery = only(write())
    for _ in range(3):
        assert deliver().sent == 0
    delivery = again(delivery)
    assert (delivery.state, delivery.attempts, delivery.started_at, delivery.lease_token) == ("queued", 0, None, None)
    assert delivery.last_error.startswith("No line to the mail server: ")
    assert not trail("delivery.failed")


def test_a_line_that_breaks_while_a_letter_leaves_makes_a_flagged_copy_with_the_same_number(server):
    server.hang_up_after = lambda number: number == 1
    delivery = only(write())
    assert deliver().doubted == 1
    found = again(delivery)
    assert (found.state, found.flagged_copy, found.lease_token) == ("queued", True, None)
    assert due_in(found) == pytest.approx(1, abs=0.2)
    (line,) = trail("delivery.doubted")
    assert (line.after["to"], line.subject_id) == (found.recipient, str(found.pk))
    pass_time(minutes=1)
    assert deliver().sent == 1
    first, copy = server.letters
    assert first["Message-ID"] == copy["Message-ID"] == f"<{delivery.reference}@harbour-mutual.example>"
    assert (first["X-Portal-Copy"], copy["X-Portal-Copy"]) == (None, "1")
    assert again(delivery).state == "sent"


def test_in_doubt_twice_it_fails_and_says_why(server):
    server.hang_up_after = lambda number: True
    delivery = only(write())
    deliver()
    pass_time(minutes=1)
    deliver()
    assert again(delivery).state == "failed"
    assert again(delivery).last_error.startswith("In doubt twice")
    assert [len(trail(kind)) for kind in ("delivery.doubted", "delivery.failed")] == [1, 1]


def test_the_others_of_the_batch_go_on_when_the_line_breaks(server):
    server.hang_up_after = lambda number: number == 2
    for _ in range(4):
        write()
    done = deliver()
    assert (done.sent, done.doubted, server.lines) == (3, 1, 2)


def test_what_is_not_due_yet_waits(server):
    delivery = only(write(at=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)))
    assert deliver().sent == 0
    pass_time(minutes=6)
    assert deliver().sent == 1
    assert again(delivery).state == "sent"
