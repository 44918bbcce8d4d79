"""What allauth asks us."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from people import single_sign_on
from people.models import User
from people.password_reset import write_message
from people.reauthentication import forget_tries, proof_from, take_a_try


def display(user: User) -> str:
    return user.name


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are entered by an administrator; nobody signs up by herself."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        write_message(user, timezone.now())

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether this is her password. Limited for each session by itself: allauth would count it among the failed sign-ins of
        her address, where any stranger could lock her out. Raises TooManyTries."""
        take_a_try(self.request, user)
        known = authenticate(self.request, email=user.email, password=password)
        if known is None or known.pk != user.pk:
            return False
        forget_tries(self.request, user)
        return True

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        account = single_sign_on.account_of(user) if isinstance(user, User) else None
        if account is not None:
            words = f"Sign in once more at {single_sign_on.provider_name(account)}"
            methods.append({"id": "single_sign_on", "description": words, "url": reverse("people:prove")})
        return methods

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """allauth asks nobody who has neither password nor second factor here; her provider can be asked. Raises
        ReauthenticationRequired."""
        user = self.request.user
        has_no_other_way = isinstance(user, User) and not get_reauthentication_flows(user)
        if has_no_other_way and single_sign_on.account_of(user) is not None and proof_from(self.request) is None:
            raise ReauthenticationRequired
        return bool(super().is_reauthentication_required(app=app, **more))


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The identity provider signs known people in; it does not add people."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def list_apps(self, request: HttpRequest | None, provider: Any = None, client_id: Any = None) -> list[Any]:
        """With PKCE always: providers that do not need it do not mind (RFC 9700, 2.1.1)."""
        apps: list[Any] = super().list_apps(request, provider=provider, client_id=client_id)
        for app in apps:
            app.settings = {**(app.settings or {}), "oauth_pkce_enabled": True}
        return apps

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.state.get("process") == single_sign_on.PROCESS:
            single_sign_on.take_answer(request, sociallogin)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        state = (extra_context or {}).get("state") or {}
        if state.get("process") == single_sign_on.PROCESS:
            single_sign_on.take_error(request, state)
