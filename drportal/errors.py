"""Refusals in words: a message on the page, RFC 9457 problem details in the API."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from audit.errors import DeedError, Invalid

log = logging.getLogger(__name__)


class DeedErrorMiddleware:
    """A refusal that a view did not turn into words itself goes back to where the person came from, as a message."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DeedError) or request.path_info.startswith("/api/"):
            return None
        messages.error(request, error.message)
        # POST, redirect, GET: the page it came from shows the present state together with the refusal.
        return redirect(request.path_info if request.method == "GET" else _came_from(request))


def _came_from(request: HttpRequest) -> str:
    from_here = request.headers.get("Referer", "")
    own = request.build_absolute_uri("/")
    return from_here if from_here.startswith(own) else "/"


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error answer of the API is `application/problem+json` with type, title, status and detail."""
    if isinstance(error, DeedError):
        extra = {"errors": error.fields} if isinstance(error, Invalid) and error.fields else {}
        return problem(error.status, error.code, error.message, **extra)
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing here for you.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return None
    extra, detail = {}, str(getattr(error, "detail", error))
    if isinstance(error, exceptions.ValidationError):
        extra, detail = {"errors": error.detail}, "Some values do not fit."
    answer = problem(response.status_code, str(error.default_code).replace("_", "-"), detail, **extra)
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response.headers:
            answer[header] = response[header]
    return answer


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    body = {
        "type": f"about:blank#{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    return Response({**body, **extra}, status=status, content_type="application/problem+json")
