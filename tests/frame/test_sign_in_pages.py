"""The library's sign-in and account pages come in the portal's frame and words, also those that are rarely seen."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.urls import reverse

from people.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery 9"
ENTRANCE = [
    ("account_login", "Sign in"),
    ("account_reset_password", "Forgotten password"),
    ("account_reset_password_done", "Look into your mail"),
    ("account_reset_password_from_key_done", "Your password is changed"),
    ("account_signup", "Nobody signs up here"),
    ("account_inactive", "This account is closed"),
    ("socialaccount_login_cancelled", "You are not signed in"),
    ("socialaccount_login_error", "Sign-in did not work"),
]
MANAGE = [
    ("mfa_index", "Sign-in and proof"),
    ("mfa_activate_totp", "Set up an authenticator app"),
    ("mfa_add_webauthn", "Add a passkey"),
    ("mfa_list_webauthn", "Passkeys"),
    ("account_change_password", "Change password"),
    ("usersessions_list", "Where you are signed in"),
    ("account_logout", "Sign out"),
    ("socialaccount_connections", "Other ways to sign in"),
]


@pytest.fixture
def maren(settings):
    settings.MFA_ALLOW_UNVERIFIED_EMAIL = True
    return User.objects.create_user("maren@x.example", PASSWORD, name="Maren Holt")


@pytest.fixture
def signed_in(client, maren):
    answer = client.post(reverse("account_login"), {"login": maren.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.fixture
def proven(signed_in):
    """Signed in, and has just shown again who it is."""
    answer = signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert answer.status_code == 302
    return signed_in


def read(answer: Any) -> str:
    """The page, once it has been seen to be whole: status, language, landmarks, policy, nothing inline."""
    assert answer.status_code in (200, 401), answer.headers.get("Location")
    html = str(answer.content.decode())
    assert '<html lang="en"' in html
    assert len(re.findall(r"<main\b", html)) == 1
    assert len(re.findall(r"<h1\b", html)) == 1
    assert "unsafe" not in answer["Content-Security-Policy"]
    scripts = re.findall(r"<script\b([^>]*)>", html)
    assert all("src=" in attrs or "application/json" in attrs for attrs in scripts)
    assert not re.search(r"\sstyle=|\sonclick=", html)
    shown = set(re.findall(r'href="#i-([a-z0-9-]+)"', html))
    assert shown <= set(re.findall(r'<symbol id="i-([a-z0-9-]+)"', html))
    return html


@pytest.mark.parametrize(("name", "title"), ENTRANCE)
def test_a_page_at_the_gate(client, name, title):
    html = read(client.get(reverse(name)))
    assert f"<h1>{title}</h1>" in html
    assert "p-gate" in html


@pytest.mark.parametrize(("name", "title"), MANAGE)
def test_a_page_of_ones_own_account(proven, name, title):
    html = read(proven.get(reverse(name)))
    assert re.search(rf"<h1>\s*{title}\s*</h1>", html)
    assert "p-rail" in html


def test_a_wrong_password_is_answered_without_saying_who_exists(client, maren):
    known = read(client.post(reverse("account_login"), {"login": maren.email, "password": "wrong"}))
    unknown = read(client.post(reverse("account_login"), {"login": "nobody@x.example", "password": "wrong"}))
    assert "1 thing to correct" in known
    problems = [re.findall(r"<ol>.*?</ol>", html, re.DOTALL) for html in (known, unknown)]
    assert problems[0] == problems[1]


def test_what_was_typed_as_address_is_kept_and_escaped(client):
    html = read(client.post(reverse("account_login"), {"login": '"><b>@x.example', "password": "wrong"}))
    assert "<b>@x" not in html
    assert "&quot;&gt;&lt;b&gt;@x.example" in html


def test_signing_in_needs_no_message_and_signing_out_says_so(signed_in):
    assert "Successfully" not in signed_in.get(reverse("mfa_index")).content.decode()
    signed_in.post(reverse("account_logout"))
    assert "You have signed out." in read(signed_in.get(reverse("account_login")))


def test_a_fresh_proof_is_asked_for_before_the_second_step_is_changed(signed_in):
    html = read(signed_in.get(reverse("mfa_activate_totp"), follow=True))
    assert "<h1>Show that it is you</h1>" in html


def test_the_second_step_is_asked_after_the_password(client, maren):
    TOTP.activate(maren, "JBSWY3DPEHPK3PXP")
    answer = client.post(reverse("account_login"), {"login": maren.email, "password": PASSWORD}, follow=True)
    assert "<h1>Second step</h1>" in read(answer)


def test_recovery_codes_are_shown_and_made_anew(proven, maren):
    TOTP.activate(maren, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(maren).get_unused_codes()
    html = read(proven.get(reverse("mfa_view_recovery_codes")))
    assert all(code in html for code in codes)
    assert "unused codes stop working at once" in read(proven.get(reverse("mfa_generate_recovery_codes")))
    assert "Remove the authenticator app" in read(proven.get(reverse("mfa_deactivate_totp")))


def test_a_passkey_is_renamed_and_removed_on_pages_of_their_own(proven, maren):
    key = Authenticator.objects.create(user=maren, type="webauthn", data={"name": "Laptop", "credential": {}})
    for name, title in (("mfa_edit_webauthn", "Rename the passkey"), ("mfa_remove_webauthn", "Remove Laptop")):
        assert f"<h1>{title}</h1>" in read(proven.get(reverse(name, kwargs={"pk": key.pk})))


def test_a_used_link_says_how_to_get_a_new_one(client):
    html = read(client.get(reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "x-y"})))
    assert "<h1>This link does not work any more</h1>" in html


def test_nothing_here_looks_the_same_for_what_is_gone_and_what_is_not_yours(signed_in):
    answer = signed_in.get("/no/such/place/")
    assert answer.status_code == 404
    assert "There is nothing here for you" in answer.content.decode()


def test_nobody_changes_her_own_address_past_the_trail(client, cast):
    client.force_login(cast.owner, backend="people.backends.SignInBackend")
    for answer in (
        client.get("/accounts/email/"),
        client.post("/accounts/email/", {"email": "new@example.org", "action_add": ""}),
    ):
        assert (answer.status_code, answer.url) == (302, "/people/me/")
    assert not cast.owner.emailaddress_set.filter(email="new@example.org").exists()
