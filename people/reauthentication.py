"""How somebody shows, before signing, that it is really she: password, authenticator code, passkey or a new sign-in at her
identity provider, in this very session.

allauth keeps the methods of authentication in the session. Only a *re*-authentication counts here: whoever finds an
unlocked machine is signed in already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request as ApiRequest

from audit.errors import DeedError
from people import single_sign_on
from people.models import User
from people.proof import PROOF_MAX_AGE, IdentityProof, Method, NeedsProof

# How allauth calls what it keeps in the session; then the types of its authenticators.
_METHODS = {"password": Method.PASSWORD, single_sign_on.METHOD: Method.SINGLE_SIGN_ON}
_MFA_METHODS = {"totp": Method.TOTP, "webauthn": Method.PASSKEY, "recovery_codes": Method.RECOVERY_CODE}
_WAYS = {
    "mfa_reauthenticate:webauthn": "use your passkey",
    "mfa_reauthenticate": "use an authenticator code",
}
_AT_PROVIDER = "single_sign_on"


TRIES, TRIES_WITHIN = 5, 300  # passwords a session may try, within so many seconds from the first


class TokenCannotSign(DeedError):
    """A program is nobody who could take responsibility."""

    status = 403
    code = "token-cannot-sign"


class WrongPassword(NeedsProof):
    code = "wrong-password"


class TooManyTries(DeedError):
    status = 429
    code = "too-many-tries"


@dataclass(frozen=True)
class Way:
    """Another way than the password, on a page of its own that comes back to this one."""

    label: str
    address: str


def proof_from(request: HttpRequest) -> IdentityProof | None:
    """The newest re-authentication of this session that still counts; None without one."""
    user = request.user
    if not isinstance(user, User):
        return None
    now = timezone.now()
    proofs = [_proof_of(entry) for entry in get_authentication_records(request, user) if entry.get("reauthenticated")]
    fresh = [proof for proof in proofs if proof and dt.timedelta(0) <= now - proof.at <= PROOF_MAX_AGE]
    return max(fresh, key=lambda proof: proof.at, default=None)


def _proof_of(entry: Mapping[str, Any]) -> IdentityProof | None:
    method = _METHODS.get(str(entry.get("method"))) or _MFA_METHODS.get(str(entry.get("type")))
    if method is None:
        return None
    return IdentityProof(method, dt.datetime.fromtimestamp(float(entry["at"]), dt.UTC))


def confirm_password(request: HttpRequest, password: str) -> bool:
    """Check the person's own password; right, it counts as a re-authentication of this session for five minutes.

    Raises TooManyTries: guessing here is as slow as at the sign-in page.
    """
    user = request.user
    if not isinstance(user, User):
        return False
    right = get_adapter(request).reauthenticate(user, password)
    if right:
        reauthenticate_by_password(request)
    return bool(right)


def person_and_proof(request: ApiRequest) -> tuple[User, IdentityProof | None]:
    """Who calls the API in a session, and the proof of it. Raises TokenCannotSign: a program takes no responsibility."""
    if request.auth is not None or not isinstance(request.user, User):
        raise TokenCannotSign("A token cannot do this. Sign in yourself and do it on the page.")
    return request.user, proof_from(request._request)


def take_a_try(request: HttpRequest, user: User) -> None:
    """Raises TooManyTries. Counted for this session alone: what strangers try at the sign-in page, or somebody at another
    machine, does not lock out who is signed in here; and a new session costs the right password."""
    counter = _counter(request, user)
    cache.add(counter, 0, TRIES_WITHIN)
    try:
        tries = cache.incr(counter)
    except ValueError:  # it ran out between the two lines, or there is no broker to count
        return
    if tries > TRIES:
        raise TooManyTries(
            "Too many tries. Wait five minutes, then type your password once more. Nothing has been done."
        )


def forget_tries(request: HttpRequest, user: User) -> None:
    cache.delete(_counter(request, user))


def _counter(request: HttpRequest, user: User) -> str:
    session = salted_hmac("proof-tries", request.session.session_key or "").hexdigest()
    return f"proof-tries:{user.pk}:{session}"


def proof_for_deed(request: HttpRequest) -> IdentityProof | None:
    """The proof for a form that was sent with `_prove.html` in it: its password when one was typed, else this session's.

    Raises WrongPassword, TooManyTries. Ask for the time of the deed afterwards: a proof is never younger than its deed.
    """
    password = request.POST.get("password", "")
    if password and not confirm_password(request, password):
        raise WrongPassword("This is not your password. Nothing has been done. Type it again.")
    return proof_from(request)


def prove_context(request: HttpRequest) -> dict[str, Any]:
    """What `people/_prove.html` shows."""
    user = request.user
    if not isinstance(user, User):
        return {}
    back = urlencode({"next": f"{request.path}#decide"})
    methods = get_adapter(request).get_reauthentication_methods(user)
    return {
        "proof": proof_from(request),
        "proof_by_password": user.has_usable_password(),
        "proof_ways": [_way(method, back) for method in methods if method["id"] != "reauthenticate"],
        "proof_none": not methods,
        "proof_set_up": reverse("mfa_index"),
    }


def _way(method: Mapping[str, str], back: str) -> Way:
    if method["id"] == _AT_PROVIDER:
        label = f"{method['description'][0].lower()}{method['description'][1:]}"
        return Way(label, f"{reverse('people:prove-at-provider')}?{back}")
    return Way(_WAYS[method["id"]], f"{method['url']}?{back}")
