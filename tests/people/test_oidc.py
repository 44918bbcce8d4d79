"""Single sign-on by configuration, against a provider on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from audit.models import Event
from people.models import User
from tests.people.oidc_provider import Provider

LOGIN, CALLBACK = "/accounts/oidc/oidc/login/", "/accounts/oidc/oidc/login/callback/"


def come_in(provider: Provider, **userinfo: object):
    """The whole way of a sign-in; the client and the last answer."""
    provider.userinfo = {"sub": "1", "name": "Maren", **userinfo}
    client = Client()
    away = client.post(LOGIN)
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert asked["client_id"] == ["portal"]
    assert asked["redirect_uri"][0].endswith(CALLBACK)
    return client, client.get(CALLBACK, provider.authorize(away["Location"]), follow=True)


def is_in(client: Client) -> bool:
    return client.get("/people/me/").status_code == 200


def test_the_sign_in_page_offers_it_under_its_name(cast, provider):
    assert "Sign in with Harbour ID" in Client().get("/accounts/login/").content.decode()


def test_a_known_person_comes_in(cast, provider):
    client, _ = come_in(provider, email=cast.head.email, email_verified=True)
    assert is_in(client)
    assert Event.objects.get(kind="person.signed_in").actor_name == "Maren Holt"
    assert {"/.well-known/openid-configuration", "/token", "/userinfo"} <= set(provider.asked)


def test_who_asks_sends_a_pkce_challenge_whatever_the_provider_says(cast, provider):
    """The provider here requires it, as some do; its verifier comes with the code and works for no other."""
    asked = parse_qs(urlsplit(Client().post(LOGIN)["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    client, other = Client(), Client()
    back = provider.authorize(client.post(LOGIN)["Location"])
    stolen = {"code": back["code"], "state": provider.authorize(other.post(LOGIN)["Location"])["state"]}
    provider.userinfo = {"sub": "1", "email": cast.head.email, "email_verified": True}
    other.get(CALLBACK, stolen)
    assert not is_in(other)


def test_an_unknown_person_is_refused_in_words_and_not_added(cast, provider):
    before = User.objects.count()
    client, answer = come_in(provider, email="nobody@example.org", email_verified=True)
    assert not is_in(client)
    assert User.objects.count() == before
    assert "Nobody signs up here" in answer.content.decode()


def test_an_address_that_the_provider_has_not_verified_opens_nothing(cast, provider):
    client, _ = come_in(provider, email=cast.head.email, email_verified=False)
    assert not is_in(client)


def test_who_was_deactivated_stays_out(cast, provider):
    User.objects.filter(pk=cast.head.pk).update(is_active=False)
    client, _ = come_in(provider, email=cast.head.email, email_verified=True)
    assert not is_in(client)


def test_an_answer_nobody_asked_for_opens_nothing(cast, provider):
    provider.userinfo = {"sub": "1", "email": cast.head.email, "email_verified": True}
    client = Client()
    client.get(CALLBACK, {"code": "c", "state": "made-up"})
    assert not is_in(client)


def test_the_form_may_lead_to_the_provider_and_nowhere_else(cast, provider):
    """A browser holds the redirect after the form to the policy of the page that the form was on."""
    policy = Client().get(LOGIN).headers["Content-Security-Policy"]
    assert f"form-action 'self' {provider.url};" in f"{policy};"
    assert provider.url not in Client().get("/accounts/login/").headers["Content-Security-Policy"]


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
def test_a_browser_comes_to_the_provider(page, provider):
    page.goto(LOGIN)
    page.get_by_role("button", name="Continue to Harbour ID").click()
    page.wait_for_url(f"{provider.url}/authorize?**")


def test_single_sign_on_is_switched_on_by_three_variables():
    asks = (
        "from drportal.settings import SOCIALACCOUNT_PROVIDERS as p; print(p['openid_connect']['APPS'][0]['settings'])"
    )
    environment = {
        **os.environ, "OIDC_ISSUER": "https://id.example.org", "OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": "s"
    }  # fmt: skip
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", asks], env=environment, cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "{'server_url': 'https://id.example.org'}", done.stderr
