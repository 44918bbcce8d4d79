"""A fresh proof by the identity provider: the person signs in there once more, and the provider says when she did.

Asked with `prompt=login` and `max_age=0` (OpenID Connect Core 1.0, 3.1.2.1) and a nonce, in this very session. What comes back
counts when the ID token is about the same subject and its `auth_time` is no older than the question: a provider that did not ask
again proves nothing. The token comes straight from the provider's token endpoint over TLS, which stands for its signature
(3.1.3.7, 6); issuer, audience and expiry are checked by allauth.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from people.models import User
from people.proof import PROOF_MAX_AGE
from people.services import note_failed_sign_in

PROCESS = "prove"  # allauth keeps it with the question, beside "login" and "connect"
METHOD = "single_sign_on"  # in the session; allauth's own "socialaccount" is an ordinary sign-in
SKEW = dt.timedelta(seconds=30)  # by which the provider's clock may differ from ours


class NotProven(Exception):
    """The provider's answer proves nothing; the text is shown to the person."""


def account_of(user: User) -> SocialAccount | None:
    """The person's account at a provider that is set up today; None without one."""
    apps = get_adapter().list_apps(None)
    known = {app.provider_id or app.provider for app in apps}
    return SocialAccount.objects.filter(user=user, provider__in=known).order_by("pk").first() if known else None


def provider_name(account: SocialAccount) -> str:
    return str(account.get_provider().name)


def ask(request: HttpRequest, user: User, account: SocialAccount, *, back: str) -> HttpResponse:
    """Send the person to her provider; she comes back to `back`, an address of this portal."""
    question = {"user": user.pk, "nonce": secrets.token_urlsafe(24), "began": timezone.now().timestamp()}
    provider = get_adapter(request).get_provider(request, provider=account.provider)
    params = {"prompt": "login", "max_age": "0", "nonce": question["nonce"]}
    answer: HttpResponse = provider.redirect(request, process=PROCESS, next_url=back, data=question, auth_params=params)
    return answer


def take_answer(request: HttpRequest, sociallogin: Any) -> None:
    """The provider's answer to `ask`: note the proof in the session, or say what is wrong. Raises ImmediateHttpResponse."""
    state = sociallogin.state
    try:
        user, proven_at = _checked(request, sociallogin, state.get("data") or {})
    except NotProven as error:
        _refuse(request, state, str(error))
    account = sociallogin.account
    record_authentication(
        request,
        user,
        METHOD,
        reauthenticated=True,
        provider=account.provider,
        uid=account.uid,
        at=proven_at.timestamp(),
    )
    raise ImmediateHttpResponse(redirect(state.get("next") or "/"))


def take_error(request: HttpRequest, state: Mapping[str, Any]) -> None:
    """The person stopped, or the provider would not. Raises ImmediateHttpResponse."""
    messages.error(request, "Your sign-on did not confirm that it is you. Nothing has been done. Try again.")
    raise ImmediateHttpResponse(redirect(state.get("next") or "/"))


def _refuse(request: HttpRequest, state: Mapping[str, Any], why: str) -> None:
    if isinstance(request.user, User):
        note_failed_sign_in(person=request.user, at=timezone.now(), method="single sign-on")
    messages.error(request, why)
    raise ImmediateHttpResponse(redirect(state.get("next") or "/"))


def _checked(request: HttpRequest, sociallogin: Any, question: Mapping[str, Any]) -> tuple[User, dt.datetime]:
    user, account = request.user, sociallogin.account
    if not isinstance(user, User) or question.get("user") != user.pk:
        raise NotProven("This answer belongs to another session. Begin again.")
    # Never by the address: whoever may choose an e-mail at the provider could choose hers.
    if not SocialAccount.objects.filter(user=user, provider=account.provider, uid=account.uid).exists():
        raise NotProven("This is another account than yours at your sign-on. Sign in there as yourself.")
    claims = account.extra_data.get("id_token")
    asked_at = dt.datetime.fromtimestamp(float(question["began"]), dt.UTC)
    subject = str((account.extra_data.get("userinfo") or claims or {}).get("sub", ""))
    return user, proven_at(claims, nonce=question["nonce"], subject=subject, asked_at=asked_at, now=timezone.now())


def proven_at(claims: Any, *, nonce: str, subject: str, asked_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When the person showed the provider that it is she, by the claims of its ID token. Raises NotProven."""
    if not isinstance(claims, Mapping):
        raise NotProven("Your sign-on sent no proof. Use a passkey or an authenticator code here.")
    if not subject or claims.get("sub") != subject or claims.get("nonce") != nonce:
        raise NotProven("What your sign-on sent is no answer to this question. Begin again.")
    said = claims.get("auth_time")
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise NotProven("Your sign-on does not say when you signed in. Use a passkey or an authenticator code here.")
    try:
        signed_in_at = dt.datetime.fromtimestamp(said, dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise NotProven("Your sign-on says an impossible time. Tell your administrator.") from None
    if signed_in_at < asked_at - SKEW or now - signed_in_at > PROOF_MAX_AGE:
        raise NotProven("Your sign-on did not ask you again. Sign out there, then try once more.")
    if signed_in_at > now + SKEW:
        raise NotProven("The clock of your sign-on is ahead of ours. Tell your administrator.")
    return min(signed_in_at, now)
