"""`Idempotency-Key` on deeds of the API: the same key from the same person gives the same answer, once done.

The key's row is inserted in the transaction of the deed. Of two requests at once, the second waits at the unique index until
the first has committed, then gives its answer. Nothing is kept for a server error: the client shall try again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.request import Request as ApiRequest

from drportal.models import IdempotentAnswer
from people.authentication import TokenAuthentication

KEPT_FOR = dt.timedelta(days=2)
KEY_MAX = 200


class IdempotencyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method != "POST" or not request.path_info.startswith("/api/"):
            return self.get_response(request)
        if len(key) > KEY_MAX:
            return _problem(400, "idempotency-key", f"An Idempotency-Key has at most {KEY_MAX} characters.")
        owner = _owner(request)
        if owner is None:
            return self.get_response(request)
        with transaction.atomic():
            return self._once(request, f"{owner}:{key}")

    def _once(self, request: HttpRequest, key: str) -> HttpResponse:
        asked = hashlib.sha256(f"{request.path_info}\n".encode() + request.body).hexdigest()
        IdempotentAnswer.objects.filter(key=key, kept_until__lt=timezone.now()).delete()
        fresh = IdempotentAnswer(key=key, asked=asked, kept_until=timezone.now() + KEPT_FOR)
        if not IdempotentAnswer.objects.bulk_create([fresh], ignore_conflicts=True) or not _is_mine(key, fresh):
            return _answer_again(key, asked)
        response = self.get_response(request)
        if response.status_code >= 500:
            transaction.set_rollback(True)
            return response
        IdempotentAnswer.objects.filter(key=key).update(
            status=response.status_code, body=response.content, content_type=response.headers.get("Content-Type", "")
        )
        return response


def _is_mine(key: str, fresh: IdempotentAnswer) -> bool:
    """Whether our row went in: `ignore_conflicts` does not say, the random mark does."""
    return IdempotentAnswer.objects.filter(key=key, mark=fresh.mark).exists()


def _answer_again(key: str, asked: str) -> HttpResponse:
    kept = IdempotentAnswer.objects.get(key=key)
    if kept.asked != asked:
        return _problem(
            422, "idempotency-key-reused", "This Idempotency-Key was used for another request. Choose a new one."
        )
    answer = HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.content_type)
    answer["Idempotency-Replayed"] = "true"
    return answer


def _owner(request: HttpRequest) -> str | None:
    """Whose key it is: keys of two people never meet. The view decides later whether she may."""
    if request.user.is_authenticated:
        return f"u{request.user.pk}"
    try:
        found = TokenAuthentication().authenticate(ApiRequest(request))
    except Exception:  # noqa: BLE001 (an unknown token is the view's to refuse)
        return None
    return f"u{found[0].pk}" if found else None


def _problem(status: int, code: str, detail: str) -> JsonResponse:
    body = {
        "type": f"about:blank#{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")
