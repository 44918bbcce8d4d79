"""A forgotten password: who gets a link, and how fast the page answers.

The key in the link is as good as the password, so it is made when the letter leaves and stands nowhere else: not in the message
that is kept, not in a log. This room knows no messages: the one above registers who writes it (as in `people.telling`).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from allauth.account import app_settings
from allauth.account.forms import ResetPasswordForm
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest
from django.urls import reverse

from people.models import User

ANSWER_AFTER = 0.15  # seconds: longer than writing the message takes, so that the time does not say who is known

Writer = Callable[[User, dt.datetime], None]
_writers: list[Writer] = []


def register(writer: Writer) -> None:
    """Called once, from the `ready` of the room above."""
    _writers[:] = [writer]


def write_message(person: User, at: dt.datetime) -> None:
    """Raises IndexError when nobody registered: a programming error."""
    _writers[0](person, at)


def reset_path(person: User) -> str:
    """The address at which allauth accepts a new password: once, and for as long as PASSWORD_RESET_TIMEOUT says."""
    proof = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": proof})


class ForgottenForm(ResetPasswordForm):  # type: ignore[misc]
    """Asks for the link; known or not, the answer is the same and takes as long."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        began = time.monotonic()
        email: str = super().save(request, **kwargs)
        time.sleep(max(0.0, ANSWER_AFTER - (time.monotonic() - began)))
        return email
