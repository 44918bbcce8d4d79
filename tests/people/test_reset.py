"""A forgotten password: who gets a letter, what it says, and where its key never stands."""

from __future__ import annotations

import json
import logging
import logging.config
import re
import time

import pytest
import structlog
from django.core import mail
from django.test import Client
from django.urls import reverse

from audit.models import Event
from communications.delivery import deliver
from communications.models import Delivery, Message
from drportal.logging import logging_config
from people.password_reset import ANSWER_AFTER
from people.services import deactivate_person
from tests.cast import NOW
from tests.people.conftest import signed_in
from tests.people.test_sign_in import link_in, set_password

ASK = "/accounts/password/reset/"


def ask(email: str):
    answer = Client().post(ASK, {"email": email})
    assert answer.status_code == 302
    return answer["Location"]


@pytest.fixture
def letters(transactional_db):
    """Letters as they leave."""

    def leave() -> list[mail.EmailMessage]:
        deliver()
        return mail.outbox

    return leave


def test_the_letter_is_the_portals_own(letters, cast, settings):
    ask(cast.owner.email)
    (letter,) = letters()
    assert letter.to == [cast.owner.email]
    assert letter.subject == f"A new password for the Recovery Portal of {settings.ORGANISATION_NAME}"
    text = letter.message().get_payload(decode=True).decode().replace("\r\n", "\n")
    assert text.startswith(f"Dear {cast.owner.name},\n\n")
    assert "works once, for 3 days" in text
    assert "If that was not you" in text
    assert "example.com" not in text
    assert settings.BASE_URL + link_in(letter) in text


def test_nobody_unknown_and_nobody_who_left_gets_a_letter(letters, cast):
    deactivate_person(person=cast.stranger, by=cast.head, at=NOW)
    for email in ("nobody@example.org", cast.stranger.email):
        ask(email)
    assert letters() == []
    assert not Message.objects.exists()


def test_the_answer_is_the_same_and_comes_no_sooner_for_one_nobody_knows(cast):
    answers = set()
    for email in (cast.owner.email, "nobody@example.org"):
        began = time.monotonic()
        answers.add(ask(email))
        assert time.monotonic() - began >= ANSWER_AFTER
    assert len(answers) == 1


def test_the_key_stands_in_the_letter_alone(letters, cast):
    """Not in the message that administrators read, not in the trail, not in a line of the log."""
    ask(cast.owner.email)
    (letter,) = letters()
    key = link_in(letter).split("/key/")[1].strip("/").split("-", 1)[1]
    message = Message.objects.get()
    assert key not in message.body + message.path
    page = signed_in(cast.head).get(reverse("communications:message", args=[message.pk])).content.decode()
    assert key not in page
    assert f"{ASK}" in page
    assert key not in json.dumps(list(Event.objects.values("before", "after")), default=str)
    assert Delivery.objects.get().user == cast.owner
    assert set_password(Client(), link_in(letter), "another-long-password").status_code == 302


@pytest.mark.parametrize("as_json", [True, False])
def test_no_line_of_the_log_has_the_key(cast, as_json):
    """Whoever writes it: our own lines, Django's, those of a web server or of a library that fails."""
    secret = "1-cxabcd-0123456789abcdef0123456789abcdef"
    path = f"/accounts/password/reset/key/{secret}/"
    formatter = _formatter(as_json)
    for told in (
        f"GET {path}",
        f"https://portal.example{path}",
        f'"GET {path} HTTP/1.1" 500',
        {"request": f"GET {path}"},
    ):
        record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, "failed: %s", (told,), None)
        record.request = path
        line = formatter.format(record)
        assert secret.split("-", 1)[1] not in line
        assert "/accounts/password/reset/key/" in line


def test_the_log_of_a_request_has_no_key(cast, capfd, settings):
    """As a process of the portal logs, the middleware's lines included."""
    configuration = logging_config(json=True, level="INFO")
    logging.config.dictConfig(configuration)
    try:
        Client().get("/accounts/password/reset/key/1-cxabcd-0123456789abcdef/")
        logging.getLogger("django.server").error("GET /accounts/password/reset/key/1-cxabcd-0123456789abcdef/")
        said = "".join(capfd.readouterr())
    finally:
        logging.config.dictConfig(logging_config(json=False, level="WARNING"))
        structlog.contextvars.clear_contextvars()
    assert "request_started" in said
    assert "0123456789abcdef" not in said
    assert re.search(r"/accounts/password/reset/key/…", said)


def _formatter(as_json: bool) -> logging.Formatter:
    line = logging_config(json=as_json, level="INFO")["formatters"]["line"]
    made = dict(line)
    formatter: logging.Formatter = made.pop("()")(**made)
    return formatter
