"""The frame around every page: where one can go, whose theme it is, what a stranger sees."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import resolve

from drportal import context


def somebody(*rights: str, **more: Any) -> Any:
    fields = {"is_authenticated": True, "is_staff": False, "name": "Maren Holt", "theme": "", **more}
    return SimpleNamespace(has_perm=lambda right: right in rights, **fields)


def ask(path: str = "/", user: Any = None) -> Any:
    request = RequestFactory().get(path)
    request.user = user or somebody()
    request.resolver_match = resolve(path)
    return request


def page(request: Any, template: str = "base.html") -> str:
    return render_to_string(template, {"user": request.user, "messages": [], **context.frame(request)}, request)


def test_a_place_that_does_not_exist_is_not_offered(monkeypatch):
    monkeypatch.setattr(context, "NAVIGATION", (context.Entry("Home", "home", "home"), context.Entry("X", "no:x", "x")))
    assert [entry["label"] for entry in context.navigation(ask())] == ["Home"]


def test_the_trail_is_offered_only_to_those_who_may_read_it():
    without = {entry["label"] for entry in context.navigation(ask())}
    having = {entry["label"] for entry in context.navigation(ask(user=somebody("audit.view_event")))}
    assert having - without == {"Trail"}


def test_a_stranger_is_offered_nothing():
    assert context.navigation(ask(user=AnonymousUser())) == []


def test_the_page_one_is_on_is_marked():
    (here,) = [entry for entry in context.navigation(ask()) if entry["current"]]
    assert here["label"] == "Home"


@pytest.mark.parametrize(("theme", "said"), [("dark", 'data-bs-theme="dark"'), ("", '<html lang="en">')])
def test_the_theme_is_the_persons_choice_or_the_devices(theme, said):
    assert said in page(ask(user=somebody(theme=theme)))


def test_the_count_of_what_waits_is_said_in_words():
    request = ask()
    request.needs_count = 7
    html = page(request)
    assert '7<span class="visually-hidden"> need you</span>' in html


def test_the_admin_is_offered_to_staff_only():
    assert "/admin/" not in page(ask())
    assert "/admin/" in page(ask(user=somebody(is_staff=True)))


def test_every_request_of_htmx_carries_the_token():
    assert 'hx-headers:inherited=\'{"X-CSRFToken": "' in page(ask())


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_for_broken_requests_need_no_context(name):
    assert "<h1>" in render_to_string(name)


@pytest.mark.parametrize("name", ["403.html", "403_csrf.html", "404.html"])
def test_error_pages_suit_people_and_strangers(name):
    assert "p-rail" in page(ask(), name)
    assert "p-gate" in page(ask(user=AnonymousUser()), name)
