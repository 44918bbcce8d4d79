"""People to write to, messages to them, and a real mail server that does as it is told."""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import itertools
import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import transaction
from django.db.models.functions import Now

from audit.models import Event
from audit.services import PORTAL
from communications.models import Awake, Delivery, Message
from communications.purposes import Purpose
from communications.services import compose
from people.models import User
from tests.cast import NOW, person
from tests.past import rewriting_history

CONTEXT = {
    "who": "Tomas Reyes",
    "workload": "Payment Hub",
}
names = itertools.count(1)


def write(
    *to: Any, purpose: Purpose = Purpose.CLASSIFICATION_WITHDRAWN, at: dt.datetime = NOW, **context: str
) -> Message:
    """A message about a withdrawn proposal, unless another purpose is asked for with its own context."""
    values = CONTEXT | context if purpose is Purpose.CLASSIFICATION_WITHDRAWN else context
    with transaction.atomic():
        message = compose(
            purpose, to=to or [reader()], thread="workload:1", path="/workloads/1/", context=values, by=PORTAL, at=at
        )
    assert message is not None
    return message


def reader(**fields: Any) -> User:
    return person(f"Reader {next(names)}", **fields)


def only(message: Message) -> Delivery:
    return message.deliveries.get()


def pass_time(**span: float) -> None:
    """As if so much time had passed: due times and leases come nearer."""
    ago = dt.timedelta(**span)
    for delivery in Delivery.objects.all():
        values = {"next_try_at": delivery.next_try_at - ago}
        if delivery.lease_until:
            values["lease_until"] = delivery.lease_until - ago
        with rewriting_history():
            Delivery.objects.filter(pk=delivery.pk).update(**values)


@pytest.fixture(autouse=True)
def awake(request: pytest.FixtureRequest) -> None:
    """The database has long been answering, as it has on nearly every day."""
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if _commits(request) else "db")
        well()


def _commits(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


def well() -> None:
    now = dt.datetime.now(dt.UTC)
    since = {"since": now - dt.timedelta(days=1), "seen": now}
    Awake.objects.update_or_create(pk=1, defaults=since)


def due_in(delivery: Delivery) -> float:
    """Minutes until the next try, by the database's clock."""
    found: Any = Delivery.objects.annotate(now=Now()).get(pk=delivery.pk)
    return float((found.next_try_at - found.now).total_seconds() / 60)


class Server:
    """What it took; what it answers to a recipient or to a letter's content, and when it hangs up."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.letters: list[EmailMessage] = []
        self.to: list[str] = []
        self.recipient: Callable[[str], str] = lambda address: "250 OK"
        self.content: Callable[[Envelope], str] = lambda envelope: "250 OK"
        self.hang_up_after: Callable[[int], bool] = lambda number: False  # having taken the letter, without an answer
        self.lines = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.lines += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        elif answer.startswith("421"):
            server.transport.close()
        return answer

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        answer = await asyncio.to_thread(self.content, envelope)  # it may ask the database
        if not answer.startswith("250"):
            return answer
        raw = envelope.original_content or b""
        self.raw.append(raw)
        self.letters.append(email.message_from_bytes(raw, policy=modern))
        self.to += envelope.rcpt_tos
        if self.hang_up_after(len(self.letters)):
            server.transport.abort()
            await asyncio.sleep(0)
        return answer


def trail(kind: str) -> list[Event]:
    return list(Event.objects.filter(kind=kind).order_by("id"))


def again(delivery: Delivery) -> Delivery:
    return Delivery.objects.select_related("message", "user", "contact").get(pk=delivery.pk)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    """A real SMTP server on loopback, and the portal set up to use it."""
    found = Server()
    controller = Controller(found, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", controller.port, 5
    yield found
    controller.stop()
