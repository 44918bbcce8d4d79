from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from audit.models import Door
from audit.services import through
from people.access import PUBLIC, admits, rule_of

Next = Callable[[HttpRequest], HttpResponse]


class TimeZoneMiddleware:
    """Pages speak in the reader's time zone; the trail, signatures and what the API answers stay in UTC."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        name = user.time_zone if user is not None and user.is_authenticated else settings.ORGANISATION_TIME_ZONE
        name = "UTC" if request.path_info.startswith("/api/") else name
        with timezone.override(zoneinfo.ZoneInfo(name)):
            return self.get_response(request)


class AccessMiddleware:
    """Refuses what no rule admits, and notes through which door the deeds of this request come in."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with through(_door(request.path_info)):
            response = self.get_response(request)
        if request.path_info.startswith("/accounts/oidc/"):
            _let_forms_reach_the_provider(response)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match = request.resolver_match
        what = rule_of(view) or library_rule(match.route if match else "")
        if what is None:
            raise Http404("no rule declared")
        # The API asks again once a token is known (people.access.DeclaredRule).
        if request.path_info.startswith("/api/") or admits(request.user, what):
            return None
        if not request.user.is_authenticated and what != PUBLIC:
            return redirect_to_login(request.get_full_path())
        raise Http404("not for this person")


def _let_forms_reach_the_provider(response: HttpResponse) -> None:
    """The form that begins single sign-on is answered by a redirect, and browsers hold that to `form-action` as well."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    parts = [urlsplit(app["settings"]["server_url"]) for app in apps]
    if parts:
        response._csp_update = {"form-action": [f"{p.scheme}://{p.netloc}" for p in parts]}  # type: ignore[attr-defined]


def library_rule(route: str) -> str | None:
    """The rule for a library's route, by the longest declared prefix."""
    rules: dict[str, str] = settings.LIBRARY_RULES
    fitting = [prefix for prefix in rules if route.startswith(prefix)]
    return rules[max(fitting, key=len)] if fitting else None


def _door(path: str) -> Door:
    if path.startswith("/api/"):
        return Door.API
    return Door.ADMIN if path.startswith("/admin/") else Door.PAGE
