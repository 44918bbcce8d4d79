"""`Authorization: Bearer drp_…` for programs."""

from __future__ import annotations

from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from people import services
from people.machine_tokens import MachineTokenEnded
from people.models import ApiToken, User


class TokenAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            token = services.use_token(key=key.strip(), at=timezone.now())
        except MachineTokenEnded as error:
            raise exceptions.AuthenticationFailed(error.message) from None
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown, expired or revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
