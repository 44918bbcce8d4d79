"""A form that is sent twice counts once: each form that makes something carries a key, `{% form_key %}`.

The key's row is inserted in the transaction of the deed, beside the keys of the API: both stand or both fall. Of two at once, the
second waits until the first has ended. A form that was done leads every later time to where it led the first time; one that was
refused has its key free again.

A form with a file is read by its view, which guards its size, so its key stands in the address that it is sent to.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.utils import timezone

from drportal.idempotency import claim, forget_expired
from drportal.models import IdempotentAnswer

FIELD = "form_key"
_KEY = re.compile(r"[-_A-Za-z0-9]{16,60}")
PROVING = "/accounts/"  # asked first to show who she is: nothing has been done yet
AGAIN = "This form has been sent already, and counts once. This is what came of it."
AGAIN_CHANGED = (
    "This form has been sent already, and counts once. This is what came of it; what you changed in the form since is not "
    "saved. To change something, do it here; to do the same once more, open the form anew."
)


class FormKeyMiddleware:
    """Inside of who may come in, outside of the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = sent_key(request) if request.method == "POST" and request.user.is_authenticated else ""
        if not key:
            return self.get_response(request)
        with transaction.atomic():
            response = self._once(request, _name(request, key), _asked(request))
        forget_expired(at=timezone.now())
        return response

    def _once(self, request: HttpRequest, name: str, asked: str) -> HttpResponse:
        if not claim(name, asked, at=timezone.now()):
            return _lead_there(request, name, asked)
        response = self.get_response(request)
        kept = IdempotentAnswer.objects.filter(key=name)
        if response.status_code >= 500:
            transaction.set_rollback(True)
        elif is_done(request, response):
            kept.update(status=response.status_code, body=response["Location"].encode())
        else:
            kept.delete()
        return response


def is_done(request: HttpRequest, response: HttpResponse) -> bool:
    """A deed of a page ends by leading on, or with what it made (201) and where that is found later; a refusal says so in red."""
    location = response.get("Location", "")
    leads_on = response.status_code in (201, 302, 303) and location and not location.startswith(PROVING)
    said = getattr(
        messages.get_messages(request), "_queued_messages", ()
    )  # reading them the public way would use them up
    return bool(leads_on) and not any(message.level >= messages.ERROR for message in said)


def new_key() -> str:
    return secrets.token_urlsafe(18)


def sent_key(request: HttpRequest) -> str:
    """The key that came with a form; "" without one, and for a form that cannot be read, which the view will say."""
    key = request.GET.get(FIELD, "")
    if request.content_type == "application/x-www-form-urlencoded":
        try:
            key = request.POST.get(FIELD, key)
        except (SuspiciousOperation, MultiPartParserError):
            return ""
    return key if _KEY.fullmatch(key) else ""


def _name(request: HttpRequest, key: str) -> str:
    """One key a person and address: a page shown again after a refusal may have several forms with the key that was sent."""
    of_form = hashlib.sha256(f"{request.path_info}\n{key}".encode()).hexdigest()
    return f"form-u{request.user.pk}:{of_form}"


def _asked(request: HttpRequest) -> str:
    """What the form said, to tell a second click from a form that was changed."""
    if request.content_type != "application/x-www-form-urlencoded":
        return ""
    said = sorted((name, values) for name, values in request.POST.lists() if name not in (FIELD, "csrfmiddlewaretoken"))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _lead_there(request: HttpRequest, name: str, asked: str) -> HttpResponse:
    kept = IdempotentAnswer.objects.get(key=name)
    if kept.asked == asked:
        messages.info(request, AGAIN)
    else:
        messages.warning(request, AGAIN_CHANGED)
    answer = redirect(bytes(kept.body).decode())
    answer.status_code = 303
    return answer
