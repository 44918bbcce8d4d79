"""`Idempotency-Key` on deeds of the API: the same key from the same person gives the same answer, once done.

The key's row is inserted in the transaction of the deed: both stand or both fall. Of two requests at once, the second
waits at the unique index until the first has ended, then gives its answer.

Kept is the answer of a deed that was done, and of one that was refused because of how things stood (409). Anything else
did nothing and can be mended by the client, who may then use the same key: sign in, re-authenticate, wait, correct a value.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request as ApiRequest
from rest_framework.settings import api_settings

from drportal.errors import DETAILS, problem
from drportal.models import IdempotentAnswer

KEPT_FOR = dt.timedelta(days=2)
KEY_MAX = 200
_KEY = re.compile(rf"[!-~]{{1,{KEY_MAX}}}")
SWEPT_AT_ONCE = 100
AUTHENTICATION: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES


class IdempotencyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST" or not request.path_info.startswith("/api/"):
            return self.get_response(request)
        if not _KEY.fullmatch(key):
            said = f"An Idempotency-Key has 1 to {KEY_MAX} printable ASCII characters and no space."
            return problem(400, "idempotency-key", said)
        try:
            asked = _fingerprint(request)
        except RequestDataTooBig:
            return problem(413, "too-big", DETAILS[413])
        owner = _owner(request)
        if owner is None:
            return self.get_response(request)
        with transaction.atomic():
            response = self._once(request, f"{owner}:{key}", asked)
        forget_expired(at=timezone.now())
        return response

    def _once(self, request: HttpRequest, key: str, asked: str) -> HttpResponse:
        if not claim(key, asked, at=timezone.now()):
            return _answer_again(key, asked)
        response = self.get_response(request)
        if response.status_code >= 500:
            transaction.set_rollback(True)
        elif response.status_code < 300 or response.status_code == 409:
            _keep(key, response)
        else:
            IdempotentAnswer.objects.filter(key=key).delete()
        return response


def claim(key: str, asked: str, *, at: dt.datetime) -> bool:
    """Whether the key is ours now, until this transaction ends; waits while another transaction has it.

    Whether our row went in, `ignore_conflicts` does not say, but the random mark does.
    """
    IdempotentAnswer.objects.filter(key=key, kept_until__lt=at).delete()
    fresh = IdempotentAnswer(key=key, asked=asked, kept_until=at + KEPT_FOR)
    IdempotentAnswer.objects.bulk_create([fresh], ignore_conflicts=True)
    return IdempotentAnswer.objects.filter(key=key, mark=fresh.mark).exists()


def _keep(key: str, response: HttpResponse) -> None:
    IdempotentAnswer.objects.filter(key=key).update(
        status=response.status_code, body=response.content, content_type=response.headers.get("Content-Type", "")
    )


def _answer_again(key: str, asked: str) -> HttpResponse:
    kept = IdempotentAnswer.objects.get(key=key)
    if kept.asked != asked:
        return problem(
            422, "idempotency-key-reused", "This Idempotency-Key was used for another request. Choose a new one."
        )
    answer = HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.content_type)
    answer["Idempotency-Replayed"] = "true"
    return answer


def _fingerprint(request: HttpRequest) -> str:
    """What is asked. A form with a file gets a new boundary at each try, so the boundary does not count.

    Reads the body before anything looks at `request.POST`, which would use it up. Raises RequestDataTooBig.
    """
    body = request.body
    boundary = (request.content_params or {}).get("boundary", "")
    if request.content_type == "multipart/form-data" and boundary:
        body = body.replace(boundary.encode(), b"")
    return hashlib.sha256(f"{request.get_full_path()}\n{request.content_type}\n".encode() + body).hexdigest()


class _Asking(ApiRequest):
    """A request of REST framework, made only to ask whose it is. Looking for a session's CSRF token in a form, it would want a
    parser for whatever was sent, and refuse the session because it has none."""

    @property
    def POST(self) -> Any:  # type: ignore[override]  # nobody writes to it here
        """The form's fields, read from a copy: the view has still to say how its own files are received."""
        asked: HttpRequest = self._request
        if asked.content_type == "application/x-www-form-urlencoded":
            return QueryDict(asked.body, encoding=asked.encoding)
        if asked.content_type != "multipart/form-data":
            return QueryDict()
        return MultiPartParser(asked.META, io.BytesIO(asked.body), [_NoFiles()], asked.encoding).parse()[0]


class _NoFiles(FileUploadHandler):
    def new_file(self, *_args: Any, **_values: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never asked."""

    def file_complete(self, file_size: int) -> None:
        """Never asked."""


def _owner(request: HttpRequest) -> str | None:
    """Whose key it is: keys of two people never meet. Who she is, is asked as the views ask it, CSRF included.

    Nobody for a request that a view would not let in; the view then says so itself.
    """
    before = request.user
    try:
        user = _Asking(request, authenticators=[cls() for cls in AUTHENTICATION]).user
    except (APIException, MultiPartParserError, SuspiciousOperation):
        return None
    finally:
        request.user = before  # the asking sets it, the view shall ask anew
    return f"u{user.pk}" if user.is_authenticated else None


def forget_expired(*, at: dt.datetime) -> int:
    """Throw away some answers whose time is over, and say how many; those in another request's hands are left to it."""
    with transaction.atomic():
        over = IdempotentAnswer.objects.select_for_update(skip_locked=True).filter(kept_until__lt=at)
        keys = list(over.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
        if keys:
            IdempotentAnswer.objects.filter(pk__in=keys).delete()
    return len(keys)
