"""With a passkey a person signs in and signs a document, and types nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from audit.models import Event
from signoffs.models import Signature
from tests.cast import NOW, PASSWORD, make_cast, propose
from workloads import services as workloads

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def give_authenticator(page: Page) -> None:
    """A virtual authenticator that knows its person: Chromium's own, as DevTools offers it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_passkey(page: Page) -> None:
    page.goto("/people/me/")
    page.get_by_role("link", name="Add passkeys").click()
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Work laptop")
    if page.locator("#id_passwordless").count():
        page.locator("#id_passwordless").check()
    page.get_by_role("button", name="Add").click()


def test_a_passkey_is_added_opens_the_door_and_signs(page: Page) -> None:
    cast = make_cast()
    sent = workloads.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    give_authenticator(page)

    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(cast.head.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in with password").click()
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("Work laptop").first).to_be_visible()

    page.goto("/people/me/")
    page.get_by_role("button", name="Sign out").first.click()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda address: urlsplit(address).path == "/")
    assert Event.objects.filter(kind="person.signed_in").latest("id").after["method"] == "passkey"

    page.goto(f"/signoffs/{sent.pk}/sign/")
    expect(page.get_by_text("You showed that it is you")).to_have_count(0)
    page.get_by_role("link", name="use your passkey").click()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_text("You showed that it is you just now (passkey)")).to_be_visible()
    page.get_by_role("button", name="Sign as Maren Holt").click()
    expect(page.get_by_role("heading", name="You signed, 1 of 3.")).to_be_visible()
    assert Signature.objects.get().method == "passkey"
