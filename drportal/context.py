"""What every page of the frame needs: who we are, where one can go, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from drportal.needs import count_for
from people.models import User
from people.permissions import Permission


@dataclass(frozen=True)
class Entry:
    """One place in the navigation. `short` is whether it is one of the few at the bottom of the phone."""

    label: str
    name: str
    icon: str
    right: Permission | None = None
    short: bool = False


NAVIGATION = (
    Entry("Home", "home", "home", short=True),
    Entry("Workloads", "workloads:list", "stack-2", short=True),
    Entry("Drills", "drills:list", "flag", short=True),
    Entry("Messages", "communications:list", "send", short=True),
    Entry("People", "people:list", "users"),
    Entry("Trail", "trail:list", "history", Permission.VIEW_TRAIL),
)


# Rooms without a place of their own are found under another's.
UNDER = {"signoffs": "workloads"}

ACCOUNT = (
    ("Profile", "people:account"),
    ("Sign-in and proof", "mfa_index"),
    ("Password", "account_change_password"),
    ("Sessions", "usersessions_list"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "organisation": settings.ORGANISATION_NAME,
        "help_address": settings.HELP_ADDRESS,
        "layout": "base.html" if signed_in else "gate.html",
        "theme": getattr(user, "theme", "") if signed_in else "",
        "navigation": SimpleLazyObject(lambda: navigation(request)),
        "search_url": SimpleLazyObject(lambda: address("search")),
        "account_tabs": SimpleLazyObject(lambda: account_tabs(request)),
        "account_url": SimpleLazyObject(lambda: address("people:account") or address("account_change_password")),
        "needs_count": SimpleLazyObject(lambda: needs_count(request)),
    }


def needs_count(request: HttpRequest) -> int:
    """How many things wait for this person; Home has counted them already."""
    counted: int | None = getattr(request, "needs_count", None)
    if counted is not None or not isinstance(request.user, User):
        return counted or 0
    return count_for(request.user, today=timezone.now().astimezone(request.user.zone).date())


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The places that exist and that this person may enter; none for a stranger."""
    if not request.user.is_authenticated:
        return []
    match = request.resolver_match
    here = (match.namespace or match.url_name or "") if match and match.view_name not in dict(ACCOUNT).values() else ""
    return [
        {
            "label": entry.label,
            "url": url,
            "icon": entry.icon,
            "short": entry.short,
            "current": UNDER.get(here, here) == entry.name.split(":")[0],
            "counts": entry.name == "home",
        }
        for entry in NAVIGATION
        if (entry.right is None or request.user.has_perm(entry.right.value)) and (url := address(entry.name))
    ]


def account_tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The parts of one's own account that exist; the one that the address lies in is current."""
    tabs = [(label, address(name)) for label, name in ACCOUNT]
    inside = [url for _, url in tabs if url and request.path.startswith(url)]
    here = max(inside, key=len, default="")
    return [{"label": label, "url": url, "current": url == here} for label, url in tabs if url]


def address(name: str) -> str:
    """The address of a route; empty when there is none, so that nothing leads to a dead end."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
