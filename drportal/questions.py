"""What pages are asked in their address: a search that is too long is refused in the API's own words, on every page and file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from workloads.filters import SEARCH_MAX

check = MaxLengthValidator(SEARCH_MAX)


class SearchMiddleware:
    """Answered with everything, who asks would take it for what fits."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if request.path_info.startswith(("/api/", "/admin/")):
            return None  # these say it themselves
        try:
            check(request.GET.get("q", "").strip())
        except ValidationError as error:
            return _refused(request, " ".join(error.messages))
        return None


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    kept = request.GET.copy()
    del kept["q"]
    address = f"{request.path}?{kept.urlencode()}" if kept else request.path
    return render(request, "frame/search_too_long.html", {"sentence": sentence, "address": address}, status=400)
