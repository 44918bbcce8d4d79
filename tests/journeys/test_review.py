"""A review, from the reminder to the reaffirmed target: real beat, worker and SMTP, and a real browser at the end of it."""

from __future__ import annotations

import datetime as dt
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone
from playwright.sync_api import expect

from communications.models import ReminderReceipt
from tests.cast import PASSWORD, make_cast, put_in_force
from tests.workers import celery, surroundings
from workloads.models import Classification, Reaffirmation

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PATIENCE = 150  # seconds: beat ticks once a minute, deliveries leave every ten seconds


class Sink:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Kept"

    def about(self, words: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if words in str(mail["Subject"])]

    def wait_for(self, words: str) -> EmailMessage:
        until = time.monotonic() + PATIENCE
        while not (found := self.about(words)):
            assert time.monotonic() < until, f"no mail about “{words}”; got {[str(m['Subject']) for m in self.mails]}"
            time.sleep(0.25)
        return found[0]


@contextmanager
def mail_server() -> Iterator[tuple[Sink, int]]:
    sink = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield sink, port
    finally:
        controller.stop()


@pytest.fixture
def outside(live_server, tmp_path) -> Iterator[Sink]:
    """Mail server, worker and beat, as they run in production, on the database and broker of this test."""
    with ExitStack() as running:
        sink, port = running.enter_context(mail_server())
        env = surroundings(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{port}", BASE_URL=live_server.url)
        beat = ("beat", "--schedule", str(tmp_path / "beat"), "--pidfile", "")
        running.enter_context(celery("worker", "--pool", "solo", env=env, log=tmp_path / "worker.log"))
        running.enter_context(celery(*beat, env=env, log=tmp_path / "beat.log"))
        yield sink


def link_in(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    found = re.search(r"https?://\S+/review/", part.get_content() if part else "")
    assert found, f"no link in {mail}"
    return found[0]


def test_a_reminder_arrives_its_link_is_opened_and_the_target_reaffirmed(outside, pages, live_server):
    cast = make_cast()
    target = put_in_force(cast, tier=2, at=timezone.now())
    due = timezone.now().astimezone(cast.stakeholder.zone).date() + dt.timedelta(days=7)
    Classification.objects.filter(pk=target.pk).update(review_due_on=due)
    mail = outside.wait_for("Review in 7 days: Payment Hub")
    assert cast.stakeholder.email in str(mail["To"])
    assert link_in(mail) == f"{live_server.url}/workloads/classifications/{target.pk}/review/"

    page = pages()
    page.goto(link_in(mail))
    page.get_by_label("E-mail").fill(cast.stakeholder.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in with password").click()
    expect(page.get_by_role("heading", name="Payment Hub: still the right target?")).to_be_visible()
    if page.get_by_label(re.compile("Your password")).count():  # a sign-in within five minutes proves it as well
        page.get_by_label(re.compile("Your password")).fill(PASSWORD)
    page.get_by_role("button", name="Reaffirm as Priya Raman").click()
    expect(page.get_by_text("Reaffirmed. The next review is on").first).to_be_visible()

    given = Reaffirmation.objects.get()
    assert (given.was_due_on, given.reaffirmed_by) == (due, cast.stakeholder)
    assert given.next_due_on > due
    assert sorted(ReminderReceipt.objects.values_list("step", flat=True)) == ["before-14", "before-7"]
    assert len(outside.about("Review in 7 days")) == 1
