"""Refusals in words: a message on the page, RFC 9457 problem details in the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from rest_framework import exceptions
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import exception_handler

from audit.errors import DeedError, Invalid

PROBLEM = "application/problem+json"
TYPE = "urn:drportal:problem:"  # a name, not an address: it stays the same wherever the portal runs

Next = Callable[[HttpRequest], HttpResponse]

# What is said where no view was reached, or where one broke: nothing from inside.
DETAILS = {
    400: "The request cannot be read.",
    403: "You may not do this.",
    404: "There is nothing at this address.",
    413: "This is too big.",
    500: "Something broke here, not with you. It has been noted.",
    503: "The portal cannot do this right now.",
}


class TooBig(exceptions.APIException):
    status_code = 413
    default_code = "too-big"
    default_detail = DETAILS[413]


class ProblemMiddleware:
    """Outermost: an error under /api/ that nobody turned into a problem document becomes one here."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        status = response.status_code
        if status < 400 or not request.path_info.startswith("/api/") or response.get("Content-Type") == PROBLEM:
            return response
        phrase = HTTPStatus(status).phrase
        said = DETAILS.get(status, f"{phrase}.") + (f" {and_now(request)}" if status >= 500 else "")
        answer = problem(status, phrase.lower().replace(" ", "-"), said)
        for name, value in response.items():
            if name not in ("Content-Type", "Content-Length", "Content-Encoding"):
                answer[name] = value
        answer.cookies = response.cookies
        return answer


class DeedErrorMiddleware:
    """A refusal that a view did not turn into words itself goes back to where the person came from, as a message."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DeedError) or request.path_info.startswith("/api/"):
            return None
        messages.error(request, error.message)
        # POST, redirect, GET: the page it came from shows the present state together with the refusal.
        return redirect(request.path_info if request.method == "GET" else _came_from(request))


def and_now(request: HttpRequest) -> str:
    """What to do after an answer that leaves open whether the deed was done."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return "Nothing was to be changed; ask again."
    if request.method == "POST" and request.headers.get("Idempotency-Key") is not None:
        return "Send it again with the same key: what was done is not done twice."
    return "Whether it was done is not certain: look before you send it again."


def _came_from(request: HttpRequest) -> str:
    from_here = request.headers.get("Referer", "")
    own = request.build_absolute_uri("/")
    return from_here if from_here.startswith(own) else "/"


def problem_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Every error answer of the API is `application/problem+json` with type, title, status and detail."""
    if isinstance(error, DeedError):
        extra = {"errors": by_field(error.fields)} if isinstance(error, Invalid) and error.fields else {}
        return problem(error.status, error.code, error.message, **error.extra | extra)
    error = _as_api_exception(error)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return None
    extra, detail = {}, str(error.detail)
    if isinstance(error, exceptions.ValidationError):
        extra, detail = {"errors": by_field(error.detail)}, "Some values do not fit."
    answer = problem(response.status_code, str(error.default_code).replace("_", "-"), detail, **extra)
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response.headers:
            answer[header] = response[header]
    if isinstance(error, exceptions.MethodNotAllowed):
        answer["Allow"] = ", ".join(context["view"].allowed_methods)
    return answer


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound("There is nothing here for you.")
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    return TooBig() if isinstance(error, RequestDataTooBig) else error


def by_field(detail: Any, field: str = "") -> dict[str, list[str]]:
    """Messages by the field's name, in one flat object: a value inside another is `outer.inner`, in a list `outer.0`."""
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        detail = dict(enumerate(detail))
    if not isinstance(detail, dict):
        texts = [str(text) for text in (detail if isinstance(detail, list) else [detail])]
        return {field or "non_field_errors": texts} if texts else {}
    found: dict[str, list[str]] = {}
    for name, inner in detail.items():
        found |= by_field(inner, f"{field}.{name}" if field else str(name))
    return found


def problem(status: int, code: str, detail: str, **extra: Any) -> HttpResponse:
    """A problem document. Rendered here, so that it is JSON whatever the view renders and the client accepts."""
    body = {"type": TYPE + code, "title": code.replace("-", " ").capitalize(), "status": status, "detail": detail}
    return HttpResponse(json.dumps(body | extra, cls=JSONEncoder), status=status, content_type=PROBLEM)
