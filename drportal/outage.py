"""What is said while the database is away or hangs: 503, when to come back, and what is true. Also the health probe.

Needs no database and no session: it is the answer when there is none.
"""

from __future__ import annotations

import logging
import sys
from typing import Final

from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from drportal import silence
from drportal.errors import DETAILS, and_now, problem
from people.access import PUBLIC, rule

log = logging.getLogger(__name__)
COME_BACK: Final = "5"  # seconds, as Retry-After says it

# What PostgreSQL calls it when a deadline ended a statement: it is well, and something is in the way.
_IN_THE_WAY = {"57014", "55P03", "40P01", "40001", "25P03"}
AWAY = "The database does not answer at the moment."
IN_THE_WAY = "This took too long, because something else is at work on the same things."


def reason(error: BaseException | None) -> str:
    """Why somebody should come back in a moment, in a sentence; empty when waiting does not help."""
    if not isinstance(error, OperationalError | InterfaceError):
        return ""
    state = getattr(error.__cause__, "sqlstate", None)
    return IN_THE_WAY if state in _IN_THE_WAY else AWAY


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: called while the exception that no view caught is being handled."""
    error = sys.exc_info()[1]
    why = reason(error)
    if not why:
        return _broke(request)
    log.warning("503 at %s: %s", request.path, " ".join(str(error).split()))
    response = _unavailable(request, why)
    response["Retry-After"] = COME_BACK
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # one line, no trace for each request of an outage
    return response


def _broke(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return problem(500, "internal-server-error", f"{DETAILS[500]} {and_now(request)}")
    return HttpResponse(render_to_string("500.html"), status=500)


def _unavailable(request: HttpRequest, why: str) -> HttpResponse:
    if request.path_info == "/health/":
        return JsonResponse({"status": "down", "parts": {"database": {"ok": False, "said": why}}}, status=503)
    if request.path_info.startswith("/api/"):
        return problem(503, "unavailable", f"{why} {and_now(request)}")
    sent = request.method not in ("GET", "HEAD")
    return HttpResponse(render_to_string("503.html", {"why": why, "sent": sent}), status=503)


@rule(PUBLIC)
@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """200 while pages can be had, 503 without the database. What else is wrong is `degraded`, and named."""
    try:
        seen = silence.parts()
    except (OperationalError, InterfaceError):
        response = _unavailable(request, AWAY)
        response["Retry-After"] = COME_BACK
        return response
    parts = {"database": {"ok": True}, "broker": {"ok": _broker_answers()}, **seen}
    well = all(part["ok"] for part in parts.values())
    return JsonResponse({"status": "ok" if well else "degraded", "parts": parts})


def _broker_answers() -> bool:
    cache.set("health", 1, 10)
    return bool(cache.get("health") == 1)
