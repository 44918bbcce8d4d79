"""Signing in and out, second factors, lost passwords, sessions, and how often one may try."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse

from audit.models import Event
from communications.delivery import deliver
from people import services
from people.models import User
from people.welcome import NotSent, send_welcome
from tests.cast import NOW, PASSWORD
from tests.people.conftest import signed_in

LOGIN = "/accounts/login/"


def sign_in(email, password=PASSWORD, client=None, **more):
    return (client or Client()).post(LOGIN, {"login": email, "password": password, **more})


def test_signing_in_by_password_leads_to_where_one_wanted(cast):
    assert sign_in(cast.head.email, next="/people/roles/")["Location"] == "/people/roles/"
    assert sign_in(cast.head.email.upper()).status_code == 302


def test_nobody_is_sent_elsewhere_after_signing_in(cast):
    assert sign_in(cast.head.email, next="https://evil.example/")["Location"] == "/"


@pytest.mark.parametrize(("email", "password"), [("known", "wrong"), ("unknown@example.org", PASSWORD)])
def test_a_refusal_does_not_say_whether_the_person_is_known(cast, email, password):
    answer = sign_in(cast.head.email if email == "known" else email, password)
    assert answer.status_code == 200
    text = re.sub(r"\s+", " ", answer.content.decode())
    assert "not correct" in text


def test_who_cannot_sign_in_any_more_does_not(cast):
    services.deactivate_person(person=cast.owner, by=cast.head, at=NOW)
    client = Client()
    sign_in(cast.owner.email, client=client)
    assert client.get("/people/me/").status_code == 302


def test_nobody_signs_up(db):
    answer = Client().get("/accounts/signup/")
    assert "Nobody signs up here" in answer.content.decode()
    Client().post("/accounts/signup/", {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.exists()


def test_guessing_is_slowed_down_for_one_person_and_for_one_address(cast):
    answers = [sign_in(cast.head.email, f"guess {n}") for n in range(7)]
    assert "Too many" in answers[-1].content.decode()
    assert sign_in(cast.head.email).status_code == 200, "not even with the right one, for a while"
    assert Event.objects.filter(kind="person.sign_in_failed").count() == 5


def test_with_an_authenticator_app_the_password_alone_does_not_open(cast):
    secret = generate_totp_secret()
    TOTP.activate(cast.head, secret)
    client = Client()
    answer = sign_in(cast.head.email, client=client)
    assert answer["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get("/people/me/").status_code == 302
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert client.get("/people/me/").status_code == 200
    assert Event.objects.get(kind="person.signed_in").after["method"] == "password, authenticator app"


def test_a_passkey_can_be_asked_for_at_the_door(cast):
    options = Client().get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["challenge"]
    assert "Sign in with a passkey" in Client().get(LOGIN).content.decode()


def test_a_passkey_is_added_only_after_showing_once_more_who_one_is(cast):
    client = signed_in(cast.head)
    answer = client.get(reverse("mfa_add_webauthn"))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200


def link_in(message):
    text = message.message().get_payload(decode=True).decode()
    (link,) = re.findall(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", text)
    return link


def set_password(client, link, password):
    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0] if form.redirect_chain else link
    return client.post(address, {"password1": password, "password2": password})


def test_a_lost_password_is_set_anew_by_a_link_that_works_once(transactional_db, cast):
    Client().post(reverse("account_reset_password"), {"email": cast.owner.email})
    deliver()
    (message,) = mail.outbox
    assert message.to == [cast.owner.email]
    link = link_in(message)
    assert set_password(Client(), link, "another-long-password").status_code == 302
    assert sign_in(cast.owner.email, "another-long-password").status_code == 302
    assert Event.objects.filter(kind="person.credential_changed", subject_id=str(cast.owner.pk)).exists()
    set_password(Client(), link, "a-third-long-password")
    assert sign_in(cast.owner.email, "a-third-long-password").status_code == 200


def test_asking_for_a_link_does_not_say_who_is_known(cast):
    known = Client().post(reverse("account_reset_password"), {"email": cast.owner.email})
    unknown = Client().post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_a_new_person_gets_a_link_and_sets_her_own_password(cast):
    answer = signed_in(cast.head).post(
        "/people/add/", {"email": "nora@example.org", "name": "Nora New", "time_zone": "Europe/Oslo"}
    )
    person = User.objects.get(email="nora@example.org")
    assert answer["Location"] == f"/people/{person.pk}/"
    (message,) = mail.outbox
    assert message.to == ["nora@example.org"]
    assert "Maren Holt has added you" in message.body
    assert set_password(Client(), link_in(message), "my-own-long-password").status_code == 302
    assert sign_in("nora@example.org", "my-own-long-password").status_code == 302


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012345"])
def test_weak_passwords_are_refused(cast, password):
    send_welcome(person=cast.owner, by=cast.head, at=NOW)
    assert set_password(Client(), link_in(mail.outbox[0]), password).status_code == 200
    assert sign_in(cast.owner.email, password).status_code == 200


def test_when_mail_is_down_the_person_is_here_and_the_link_can_be_sent_again(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(NotSent):
        send_welcome(person=cast.owner, by=cast.head, at=NOW)
    client = signed_in(cast.head)
    page = client.post("/people/add/", {"email": "n@example.org", "name": "N", "time_zone": "UTC"}, follow=True)
    assert "could not be sent" in page.content.decode()
    assert "Send the link" in page.content.decode()


def test_sessions_are_listed_and_ended_elsewhere(cast):
    here, there = Client(), Client()
    sign_in(cast.head.email, client=here)
    sign_in(cast.head.email, client=there)
    assert UserSession.objects.filter(user=cast.head).count() == 2
    assert here.get(reverse("usersessions_list")).status_code == 200
    here.post(reverse("usersessions_list"))
    assert here.get("/people/me/").status_code == 200
    assert there.get("/people/me/").status_code == 302


def test_changing_the_password_signs_out(cast):
    client = Client()
    sign_in(cast.head.email, client=client)
    data = {"oldpassword": PASSWORD, "password1": "another-long-password", "password2": "another-long-password"}
    client.post(reverse("account_change_password"), data)
    assert client.get("/people/me/").status_code == 302


def test_signing_out_needs_a_form(cast):
    client = signed_in(cast.head)
    client.get("/accounts/logout/")
    assert client.get("/people/me/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/people/me/").status_code == 302


def test_another_persons_passkey_cannot_be_changed(cast):
    key = Authenticator.objects.create(user=cast.head, type=Authenticator.Type.WEBAUTHN, data={})
    client = signed_in(cast.owner)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.post(reverse("mfa_remove_webauthn", args=[key.pk])).status_code == 404
