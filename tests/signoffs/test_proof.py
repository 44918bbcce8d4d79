"""What counts as a proof that it is really she: allauth's record of this session, re-authentications only, five minutes."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory
from django.urls import reverse

from people.proof import Method
from people.reauthentication import proof_from, prove_context
from signoffs.models import Signature

RECORDS, WHOSE = "account_authentication_methods", "account_authentication_methods_user"


def method_of(request):
    proof = proof_from(request)
    return proof and proof.method


def session_of(user, *entries):
    request = RequestFactory().get("/")
    request.user, request.session = user, SessionStore()
    request.session[RECORDS] = [{"at": time.time(), **entry} for entry in entries]
    request.session[WHOSE] = str(user.pk)
    return request


@pytest.mark.parametrize(
    ("entry", "method"),
    [
        ({"method": "password"}, Method.PASSWORD),
        ({"method": "mfa", "type": "totp"}, Method.TOTP),
        ({"method": "mfa", "type": "webauthn"}, Method.PASSKEY),
        ({"method": "mfa", "type": "recovery_codes"}, Method.RECOVERY_CODE),
    ],
)
def test_each_way_counts_when_it_was_a_re_authentication(cast, entry, method):
    assert method_of(session_of(cast.head, {**entry, "reauthenticated": True})) == method
    assert proof_from(session_of(cast.head, entry)) is None


@pytest.mark.parametrize(
    "entry", [{"method": "socialaccount", "provider": "oidc"}, {"method": "password_reset"}, {"method": "code"}]
)
def test_other_ways_of_signing_in_never_count(cast, entry):
    assert proof_from(session_of(cast.head, {**entry, "reauthenticated": True})) is None


@pytest.mark.parametrize(("age", "counts"), [(0, True), (299, True), (301, False), (86400, False), (-60, False)])
def test_it_counts_for_five_minutes(cast, age, counts):
    entry = {"method": "password", "reauthenticated": True, "at": time.time() - age}
    assert (proof_from(session_of(cast.head, entry)) is not None) == counts


def test_the_newest_counts(cast):
    old = {"method": "password", "reauthenticated": True, "at": time.time() - 200}
    new = {"method": "mfa", "type": "webauthn", "reauthenticated": True, "at": time.time() - 10}
    assert method_of(session_of(cast.head, new, old)) == Method.PASSKEY


def test_a_record_of_somebody_else_does_not_count(cast):
    request = session_of(cast.head, {"method": "password", "reauthenticated": True})
    request.user = cast.sponsor
    assert proof_from(request) is None
    request.user = AnonymousUser()
    assert proof_from(request) is None


def _with_totp(cast):
    secret = generate_totp_secret()
    TOTP.activate(cast.head, secret)
    client = Client()
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    return client, format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_the_signing_page_offers_the_authenticator_and_it_leads_back(cast, sent):
    client, code = _with_totp(cast)
    address = reverse("signoffs:sign", args=[sent.pk])
    html = client.get(address).content.decode()
    way = f"{reverse('mfa_reauthenticate')}?next=%2Fsignoffs%2F{sent.pk}%2Fsign%2F%23decide"
    assert way in html
    assert "passkey" not in html
    back = client.post(reverse("mfa_reauthenticate"), {"code": code, "next": f"{address}#decide"})
    assert (back.status_code, back["Location"]) == (302, f"{address}#decide")
    assert "authenticator code" in client.get(address).content.decode()
    assert client.post(address, {"digest": sent.digest}).status_code == 302
    assert Signature.objects.get().method == Method.TOTP


def test_a_recovery_code_is_kept_as_what_it_was(cast, sent):
    client, _ = _with_totp(cast)
    code = RecoveryCodes.activate(cast.head).get_unused_codes()[0]
    client.post(reverse("mfa_reauthenticate"), {"code": code})
    client.post(reverse("signoffs:sign", args=[sent.pk]), {"digest": sent.digest})
    assert Signature.objects.get().method == Method.RECOVERY_CODE


def test_the_ways_offered_are_the_ones_the_person_has(cast):
    Authenticator.objects.create(user=cast.head, type=Authenticator.Type.WEBAUTHN, data={})
    context = prove_context(session_of(cast.head))
    assert [way.label for way in context["proof_ways"]] == ["use your passkey"]
    assert context["proof_by_password"]
    assert not prove_context(session_of(cast.sponsor))["proof_ways"]
