"""Showing anew that it is oneself: nobody else can take it away, and whoever has only single sign-on can do it too."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.test import Client

from audit.models import Event
from people.models import User
from people.proof import Method
from people.reauthentication import TRIES
from people.single_sign_on import SKEW
from signoffs.models import Signature
from tests.cast import NOW, PASSWORD, person, propose
from tests.people.conftest import signed_in
from tests.people.test_oidc import CALLBACK, come_in, is_in
from workloads.services import send_for_signature

ISSUE = "/people/me/tokens/issue/"
BEGIN = "/people/me/prove/begin/"
REAUTHENTICATE = "/accounts/reauthenticate/"


def is_proven(client: Client) -> bool:
    """Issuing a token asks for a fresh proof."""
    return client.get(ISSUE).status_code == 200


def test_strangers_who_guess_do_not_lock_out_who_is_signed_in(cast):
    client = signed_in(cast.head)
    for n in range(8):
        Client().post("/accounts/login/", {"login": cast.head.email, "password": f"guess {n}"})
    client.post(REAUTHENTICATE, {"password": PASSWORD})
    assert is_proven(client)


def test_guessing_in_a_session_is_limited_there_and_only_there(cast):
    guesser, herself = signed_in(cast.head), signed_in(cast.head)
    for n in range(TRIES):
        assert guesser.post(REAUTHENTICATE, {"password": f"guess {n}"}).status_code == 200
    answer = guesser.post(REAUTHENTICATE, {"password": PASSWORD}, follow=True)
    assert "Too many tries" in answer.content.decode()
    assert not is_proven(guesser), "not even with the right one"
    herself.post(REAUTHENTICATE, {"password": PASSWORD})
    assert is_proven(herself)
    assert Event.objects.filter(kind="person.sign_in_failed").count() == TRIES


def test_right_passwords_are_no_tries(cast):
    client = signed_in(cast.head)
    for _ in range(TRIES + 1):
        assert client.post(REAUTHENTICATE, {"password": PASSWORD}).status_code == 302


# --- single sign-on ---


@pytest.fixture
def nora(cast) -> User:
    """Has no password and no second factor: only single sign-on."""
    nora = person("Nora Only", team=cast.team)
    nora.set_unusable_password()
    nora.save()
    return nora


def at_provider(provider, user: User, sub: str = "nora"):
    client, _ = come_in(provider, sub=sub, email=user.email, email_verified=True)
    assert is_in(client)
    provider.signed_in_at = time.time() - 3600  # her session there is old
    return client


def prove(provider, client: Client, back: str = ISSUE):
    away = client.get(BEGIN, {"next": back})
    assert away.status_code == 302
    return client.get(CALLBACK, provider.authorize(away["Location"]), follow=True)


def test_who_has_only_single_sign_on_is_asked_there(nora, provider):
    """Before, allauth asked nobody who had no other way: an unlocked machine was enough for a token."""
    client = at_provider(provider, nora)
    page = client.get(ISSUE, follow=True)
    assert page.redirect_chain[0][0].startswith("/people/me/prove/")
    assert "Continue to Harbour ID" in page.content.decode()
    prove(provider, client)
    assert is_proven(client)


def test_the_provider_is_told_to_ask_again(nora, provider):
    address = at_provider(provider, nora).get(BEGIN)["Location"]
    assert "prompt=login" in address
    assert "max_age=0" in address
    assert "nonce=" in address


def test_her_way_stands_on_the_signing_page_and_in_what_she_signed(cast, provider):
    User.objects.filter(pk=cast.stakeholder.pk).update(password="!")
    client = at_provider(provider, cast.stakeholder, sub="priya")
    request = send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    address = f"/signoffs/{request.pk}/sign/"
    page = client.get(address).content.decode()
    assert "sign in once more at Harbour ID" in page
    assert "You need a passkey" not in page
    page = prove(provider, client, back=f"{address}#decide").content.decode()
    assert "(single sign-on)" in page
    client.post(address, {"digest": request.digest})
    signature = Signature.objects.get(signer=cast.stakeholder)
    assert signature.method == Method.SINGLE_SIGN_ON
    assert "single sign-on" in client.get(f"/signoffs/{request.pk}/").content.decode()


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"auth_time": None}, "does not say when you signed in"),
        ({"auth_time": True}, "does not say when you signed in"),
        ({"auth_time": "now"}, "does not say when you signed in"),
        ({"auth_time": 0}, "did not ask you again"),
        ({"auth_time": int(time.time()) - 3600}, "did not ask you again"),
        ({"auth_time": int(time.time()) + 86400}, "ahead of ours"),
        ({"auth_time": 1e30}, "impossible time"),
        ({"nonce": None}, "no answer to this question"),
        ({"nonce": "of another question"}, "no answer to this question"),
        ({"sub": "somebody"}, "no answer to this question"),
    ],
)
def test_what_proves_nothing_is_refused_in_words(nora, provider, claims, says):
    client = at_provider(provider, nora)
    provider.claims = claims
    assert says in prove(provider, client, back="/people/me/").content.decode()
    assert not is_proven(client)
    assert Event.objects.filter(kind="person.sign_in_failed", after__method="single sign-on").count() == 1


def test_a_provider_that_sends_no_id_token_proves_nothing(nora, provider):
    client = at_provider(provider, nora)
    provider.sends_id_token = False
    assert "sent no proof" in prove(provider, client, back="/people/me/").content.decode()
    assert not is_proven(client)


def test_a_provider_that_does_not_ask_again_proves_nothing(nora, provider, monkeypatch):
    """Somebody at an unlocked machine, whose provider lets its old session through."""
    client = at_provider(provider, nora)
    honest = provider.authorize

    def lets_through(address):
        answer = honest(address)
        provider.signed_in_at = time.time() - SKEW.total_seconds() - 60
        return answer

    monkeypatch.setattr(provider, "authorize", lets_through)
    assert "did not ask you again" in prove(provider, client, back="/people/me/").content.decode()
    assert not is_proven(client)


def test_another_account_there_is_not_she_not_even_with_her_address(cast, nora, provider):
    client = at_provider(provider, nora)
    provider.userinfo = {"sub": "mallory", "email": nora.email, "email_verified": True}
    assert "another account than yours" in prove(provider, client, back="/people/me/").content.decode()
    assert not is_proven(client)
    at_provider(provider, cast.head, sub="maren")
    provider.userinfo = {"sub": "maren", "email": cast.head.email, "email_verified": True}
    prove(provider, client, back="/people/me/")
    assert not is_proven(client)
    assert client.get("/people/me/").context["user"] == nora, "nor is she somebody else now"


def test_an_answer_works_once_and_in_its_own_session(nora, provider):
    client, other = at_provider(provider, nora), at_provider(provider, nora)
    back = provider.authorize(client.get(BEGIN)["Location"])
    other.get(CALLBACK, back)
    assert not is_proven(other)
    back = provider.authorize(client.get(BEGIN)["Location"])
    client.get(CALLBACK, back)
    assert is_proven(client)
    forget(client)
    provider.codes[back["code"]] = {"code_challenge": "", "nonce": "x"}
    client.get(CALLBACK, back)
    assert not is_proven(client)


def test_an_ordinary_sign_in_is_no_proof_and_cannot_be_dressed_as_one(nora, provider):
    client = at_provider(provider, nora)
    assert not is_proven(client)
    away = client.post("/accounts/oidc/oidc/login/?process=prove&auth_params=prompt%3Dnone")
    client.get(CALLBACK, provider.authorize(away["Location"]))
    assert not is_proven(client)


def test_who_stops_there_comes_back_in_words(nora, provider):
    client = at_provider(provider, nora)
    back = provider.authorize(client.get(BEGIN, {"next": "/people/me/"})["Location"])
    page = client.get(CALLBACK, {"error": "access_denied", "state": back["state"]}, follow=True)
    assert page.redirect_chain == [("/people/me/", 302)]
    assert "did not confirm that it is you" in page.content.decode()


def test_nobody_is_led_elsewhere_afterwards(nora, provider):
    client = at_provider(provider, nora)
    page = prove(provider, client, back="https://evil.example/")
    assert page.redirect_chain == [("/people/me/", 302)]


def test_who_has_no_account_at_a_provider_has_no_such_way(cast, provider):
    client = signed_in(cast.head)
    for address in ("/people/me/prove/", BEGIN):
        assert "do not sign in at an identity provider" in client.get(address, follow=True).content.decode()


def test_a_proof_is_as_old_as_the_provider_says(nora, provider):
    client = at_provider(provider, nora)
    prove(provider, client)
    (entry,) = [e for e in client.session["account_authentication_methods"] if e.get("reauthenticated")]
    assert abs(dt.datetime.now(dt.UTC).timestamp() - entry["at"]) < 60
    assert entry["at"] == int(provider.signed_in_at)


def forget(client: Client) -> None:
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
