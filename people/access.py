"""Every route declares who may come in; what it does is decided again by the service.

A view carries `rule`: a right, SIGNED_IN or PUBLIC. Routes of libraries are declared by prefix in the frame's
`settings.LIBRARY_RULES`. A view without a rule is refused, and `tests/laws` fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from people.models import User
from people.permissions import Permission

PUBLIC = "public"
SIGNED_IN = "signed in"
STAFF = "staff"

View = TypeVar("View", bound=Callable[..., Any])


def rule(what: str | Permission) -> Callable[[View], View]:
    """Declare a page's rule: `@rule(SIGNED_IN)`, `@rule(Permission.VIEW_TRAIL)`."""

    def mark(view: View) -> View:
        view.rule = str(what)  # type: ignore[attr-defined]
        return view

    return mark


def rule_of(view: Any) -> str | None:
    """The rule a view declares: on the function, on its class, or on the action of an API viewset."""
    for holder in (view, getattr(view, "view_class", None), getattr(view, "cls", None)):
        found = getattr(holder, "rule", None)
        if found:
            return str(found)
    return None


def admits(user: Any, what: str) -> bool:
    """Whether the rule lets this person in."""
    if what == PUBLIC:
        return True
    if not user.is_authenticated:
        return False
    if what == SIGNED_IN:
        return True
    if what == STAFF:
        return bool(user.is_staff)
    return bool(user.has_perm(what))


class DeclaredRule(BasePermission):
    """The same rule for API views, asked after the token is known. A read token reads."""

    message = "You may not do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        what = getattr(view, "rule", None)
        if what is None or not admits(request.user, str(what)):
            return False
        token: Any = request.auth
        return token is None or request.method in ("GET", "HEAD", "OPTIONS") or token.scope == "write"


def signed_in(request: HttpRequest) -> User:
    """The person behind this request, for views whose rule lets nobody else in."""
    if not isinstance(request.user, User):
        raise TypeError("this view needs a rule that asks for a signed-in person")
    return request.user


class SeenRows:
    """Before a viewset of REST framework: its rows are those that the caller may see; none while the schema is drawn, for which
    nobody calls."""

    request: Any
    queryset: Any

    def seen(self, user: User) -> QuerySet[Any]:
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        user = self.request.user
        found: QuerySet[Any] = self.seen(user) if isinstance(user, User) else self.queryset.none()
        return found

    @property
    def by(self) -> User:
        return signed_in(self.request)
