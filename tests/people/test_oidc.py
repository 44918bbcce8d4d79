"""Single sign-on by configuration, against a provider on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from audit.models import Event
from people.models import User

LOGIN, CALLBACK = "/accounts/oidc/oidc/login/", "/accounts/oidc/oidc/login/callback/"


class Provider:
    """The few answers of an OpenID provider that a sign-in needs."""

    def __init__(self) -> None:
        self.userinfo: dict[str, object] = {}
        self.asked: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def _say(self, body: object) -> None:
                provider.asked.append(urlsplit(self.path).path)
                data = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                self._say(provider.userinfo if self.path == "/userinfo" else provider.discovery())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._say({"access_token": "at", "token_type": "Bearer", "expires_in": 60})

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def discovery(self) -> dict[str, object]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo"}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **{k: f"{self.url}/{v}" for k, v in names.items()}}


@pytest.fixture
def provider(settings):
    fake = Provider()
    threading.Thread(target=fake.server.serve_forever, daemon=True).start()
    app = {
        "provider_id": "oidc", "name": "Harbour ID", "client_id": "portal", "secret": "s", "settings": {"server_url": fake.url}
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


def come_in(provider: Provider, **userinfo: object):
    """The whole way of a sign-in; the client and the last answer."""
    provider.userinfo = {"sub": "1", "name": "Maren", **userinfo}
    client = Client()
    away = client.post(LOGIN)
    target = urlsplit(away["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{provider.url}/authorize"
    asked = parse_qs(target.query)
    assert asked["client_id"] == ["portal"]
    assert asked["redirect_uri"][0].endswith(CALLBACK)
    return client, client.get(CALLBACK, {"code": "c", "state": asked["state"][0]}, follow=True)


def is_in(client: Client) -> bool:
    return client.get("/people/me/").status_code == 200


def test_the_sign_in_page_offers_it_under_its_name(cast, provider):
    assert "Sign in with Harbour ID" in Client().get("/accounts/login/").content.decode()


def test_a_known_person_comes_in(cast, provider):
    client, _ = come_in(provider, email=cast.head.email, email_verified=True)
    assert is_in(client)
    assert Event.objects.get(kind="person.signed_in").actor_name == "Maren Holt"
    assert {"/.well-known/openid-configuration", "/token", "/userinfo"} <= set(provider.asked)


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
