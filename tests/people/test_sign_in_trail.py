"""What the trail says of signing in and of credentials: never what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client

from audit.kinds import Kind
from audit.models import Event
from communications.delivery import deliver
from people import receivers
from people.models import User
from tests.people.test_sign_in import link_in

PASSWORD = "a-long-test-password"
NEW = "another-long-password-7"


@pytest.fixture
def eva(db) -> User:
    return User.objects.create_user("eva@example.org", PASSWORD, name="Eva Moe")


def sign_in(client: Client, email: str, password: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def lines() -> list[tuple[str, str, str, dict[str, object]]]:
    return [(e.kind, e.actor_name, e.door, e.after) for e in Event.objects.order_by("id")]


def everything() -> str:
    return repr(list(Event.objects.values()))


def test_signing_in_leaves_a_line_of_the_person(client: Client, eva: User):
    assert sign_in(client, "eva@example.org", PASSWORD).status_code == 302
    assert lines() == [(Kind.PERSON_SIGNED_IN, "Eva Moe", "page", {"method": "password"})]


def test_a_failed_sign_in_leaves_a_line_of_nobody_about_the_person(client: Client, eva: User):
    sign_in(client, "EVA@example.org", "wrong-" + PASSWORD)
    assert lines() == [(Kind.PERSON_SIGN_IN_FAILED, "Somebody not signed in", "page", {"method": "password"})]
    event = Event.objects.get()
    assert (event.subject_name, event.thread, event.actor_id) == ("Eva Moe", f"person:{eva.pk}", None)
    assert PASSWORD not in everything()


def test_a_failed_sign_in_of_nobody_we_know_leaves_a_line_without_what_was_typed(client: Client, eva: User):
    sign_in(client, "mallory@example.org", PASSWORD)
    sign_in(client, f"{PASSWORD}@example.org", PASSWORD)  # who types the password into the wrong field
    said = {"method": "password", "person": "nobody we know"}
    assert lines() == [(Kind.PERSON_SIGN_IN_FAILED, "Somebody not signed in", "page", said)] * 2
    event = Event.objects.latest("id")
    assert (event.subject_type, event.subject_name, event.thread) == ("people.user", "Nobody we know", "person:0")
    assert PASSWORD not in everything()
    assert "mallory" not in everything()


def test_what_is_not_even_an_address_is_nobodys_line(client: Client, eva: User):
    sign_in(client, PASSWORD, PASSWORD)
    assert PASSWORD not in everything()


def test_changing_the_password_leaves_a_line_without_it(client: Client, eva: User):
    sign_in(client, "eva@example.org", PASSWORD)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert lines()[1] == (Kind.PERSON_CREDENTIAL_CHANGED, "Eva Moe", "page", {"what": "password changed"})
    assert NEW not in everything()
    eva.refresh_from_db()
    assert eva.password not in everything()


def test_resetting_the_password_by_mail_leaves_a_line(transactional_db, client: Client, eva: User):
    client.post("/accounts/password/reset/", {"email": "eva@example.org"})
    deliver()
    form = client.get(link_in(mail.outbox[0]), follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": NEW, "password2": NEW})
    assert (Kind.PERSON_CREDENTIAL_CHANGED, "Eva Moe", "page", {"what": "password reset by mailed link"}) in lines()
    assert NEW not in everything()


def code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def test_an_authenticator_app_and_its_use_leave_lines(client: Client, eva: User):
    secret = generate_totp_secret()
    TOTP.activate(eva, secret)
    sign_in(client, "eva@example.org", PASSWORD)
    assert lines() == []  # half signed in
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    client.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert lines() == [
        (Kind.PERSON_SIGN_IN_FAILED, "Somebody not signed in", "page", {"method": "authenticator app"}),
        (Kind.PERSON_SIGNED_IN, "Eva Moe", "page", {"method": "password, authenticator app"}),
    ]
    assert secret not in everything()


def test_adding_and_removing_a_factor_leaves_lines(client: Client, eva: User, django_capture_on_commit_callbacks):
    sign_in(client, "eva@example.org", PASSWORD)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    client.post("/accounts/2fa/totp/deactivate/")
    said = [after["what"] for kind, _, _, after in lines() if kind == Kind.PERSON_CREDENTIAL_CHANGED]
    assert "authenticator app added" in said
    assert "authenticator app removed" in said
    assert secret not in everything()


def test_a_passkey_is_named_as_such(eva: User):
    receivers.factor_added(eva, Authenticator(user=eva, type=Authenticator.Type.WEBAUTHN))
    assert lines() == [(Kind.PERSON_CREDENTIAL_CHANGED, "Eva Moe", "command", {"what": "passkey added"})]
