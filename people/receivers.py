"""Signing in and credentials into the trail.

The house writes no business effects into signals. Here they are the only door: passwords, passkeys and authenticator apps
belong to allauth, which tells of them by signal, inside the request that did it. Some of these signals come after its own
commit: a process that is killed in that very moment loses the line. Nothing else may be connected here.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from people import services
from people.models import User

FACTORS = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def signed_in(request: HttpRequest, user: User, **more: Any) -> None:
    used = [_method(entry) for entry in get_authentication_records(request, user)]
    services.note_sign_in(person=user, at=timezone.now(), method=", ".join(used) or "link")


def sign_in_failed(credentials: dict[str, Any], **more: Any) -> None:
    """Of a person we know, or of nobody: what strangers type into the field may be a password."""
    person = User.objects.filter(email__iexact=str(credentials.get("email", ""))).first()
    if person is not None:
        services.note_failed_sign_in(person=person, at=timezone.now(), method="password")
    else:
        services.note_unknown_sign_in(at=timezone.now(), method="password")


def factor_failed(user: User, authenticator: Authenticator | None = None, **more: Any) -> None:
    method = FACTORS.get(authenticator.type, authenticator.type) if authenticator else "second factor"
    services.note_failed_sign_in(person=user, at=timezone.now(), method=method)


def password_set(user: User, **more: Any) -> None:
    _credential(user, "password set")


def password_changed(user: User, **more: Any) -> None:
    _credential(user, "password changed")


def password_reset(user: User, **more: Any) -> None:
    _credential(user, "password reset by mailed link")


def factor_added(user: User, authenticator: Authenticator, **more: Any) -> None:
    _credential(user, f"{FACTORS.get(authenticator.type, authenticator.type)} added")


def factor_removed(user: User, authenticator: Authenticator, **more: Any) -> None:
    _credential(user, f"{FACTORS.get(authenticator.type, authenticator.type)} removed")


def factor_reset(user: User, authenticator: Authenticator, **more: Any) -> None:
    _credential(user, f"{FACTORS.get(authenticator.type, authenticator.type)} made anew")


def identity_added(sociallogin: Any, **more: Any) -> None:
    _credential(sociallogin.user, "single sign-on connected")


def identity_removed(socialaccount: Any, **more: Any) -> None:
    _credential(socialaccount.user, "single sign-on disconnected")


def connect() -> None:
    """Called once, when the app is ready."""
    for signal, receiver in (
        (account.user_logged_in, signed_in),
        (user_login_failed, sign_in_failed),
        (mfa.authentication_failed, factor_failed),
        (account.password_set, password_set),
        (account.password_changed, password_changed),
        (account.password_reset, password_reset),
        (mfa.authenticator_added, factor_added),
        (mfa.authenticator_removed, factor_removed),
        (mfa.authenticator_reset, factor_reset),
        (social.social_account_added, identity_added),
        (social.social_account_removed, identity_removed),
    ):
        signal.connect(receiver, dispatch_uid=receiver.__qualname__)


def _credential(user: User, what: str) -> None:
    services.note_credential(person=user, by=user, at=timezone.now(), what=what)


def _method(entry: dict[str, Any]) -> str:
    factor = entry.get("type")
    return FACTORS.get(factor, str(entry["method"])) if factor else str(entry["method"]).replace("_", " ")
