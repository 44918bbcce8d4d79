"""Fixtures for the journeys: pages of a real Chromium, open on the live server.

`pages(size="phone", dark=True, user=someone)` opens one; `page` and `phone` are the usual two. Where no Chromium can be had
(tests/chromium.py) the tests that ask for one are skipped, and the end of the run counts and names them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from tests.chromium import FLAGS, NotHere, find_chromium

if TYPE_CHECKING:  # models cannot be imported yet when this plugin is
    from people.models import User

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
NO_BROWSER = "no Chromium"  # how the reason of a skipped journey begins
TIMEOUT = 10_000  # milliseconds that a page may take to show what a journey waits for


class Pages:
    """Opens pages, each in a context (cookies, size, colours) of its own, and hears what goes wrong in them."""

    def __init__(self, browser: Browser, server: LiveServer) -> None:
        self.browser, self.server = browser, server
        self.problems: list[str] = []
        self._contexts: list[BrowserContext] = []

    def __call__(
        self,
        *,
        size: str = "desktop",
        dark: bool = False,
        user: User | None = None,
        **options: Any,
    ) -> Page:
        """A blank page whose relative addresses are the live server's. `user` is signed in; options go to the context."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            base_url=self.server.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            is_mobile=size == "phone",
            has_touch=size == "phone",
            locale="en-GB",
            **options,
        )
        context.set_default_timeout(TIMEOUT)
        self._contexts.append(context)
        if user is not None:
            self.sign_in(context, user)
        page = context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._hear(page, message))
        return page

    def sign_in(self, context: BrowserContext, user: User) -> None:
        """Put a session of the user into the context, without the sign-in page."""
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies(
            [
                {
                    "name": name,
                    "value": client.cookies[name].value,
                    "url": self.server.url,
                }
            ]
        )

    def _hear(self, page: Page, message: ConsoleMessage) -> None:
        """Remember breaches of the content security policy; a 404 that a journey asks for is no problem."""
        if message.type == "error" and "Content Security Policy" in message.text:
            self.problems.append(f"{page.url}: {message.text}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()


class _Loop:
    """Playwright's sync API leaves its event loop marked as running in this thread. That is shown only while a journey
    runs: other tests of the same process call asyncio.run() and use the ORM as if there had never been a browser."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None

    def hide(self) -> None:
        self.loop = asyncio._get_running_loop()
        asyncio._set_running_loop(None)

    def show(self) -> None:
        asyncio._set_running_loop(self.loop)


@pytest.fixture(scope="session")
def _browser() -> Iterator[tuple[Browser, _Loop]]:
    try:
        chromium = find_chromium()
    except NotHere as reason:
        pytest.skip(f"{NO_BROWSER}: {reason}")
    loop = _Loop()
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(
        executable_path=str(chromium.path),
        args=[*FLAGS, *chromium.flags],
        env={**os.environ, **chromium.env},
    )
    loop.hide()
    yield browser, loop
    loop.show()
    browser.close()
    playwright.stop()
    loop.hide()


@pytest.fixture
def browser(_browser: tuple[Browser, _Loop], monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """The browser of this process. The ORM may be used beside it, although an event loop seems to run."""
    browser, loop = _browser
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    loop.show()
    yield browser
    connections.close_all()  # beside a loop Django has connections of its own, which only here can be seen
    loop.hide()


@pytest.fixture
def pages(live_server: LiveServer, browser: Browser) -> Iterator[Pages]:
    """Opens pages on the live server. The test fails when a script broke or the security policy was breached."""
    opened = Pages(browser, live_server)
    yield opened
    opened.close()
    if opened.problems:
        pytest.fail("in the browser:\n" + "\n".join(opened.problems), pytrace=False)


@pytest.fixture
def page(pages: Pages) -> Page:
    """A desktop page, light, nobody signed in."""
    return pages()


@pytest.fixture
def phone(pages: Pages) -> Page:
    """A page on a phone, light, nobody signed in."""
    return pages(size="phone")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the journeys that were skipped for want of a browser: pytest itself folds them into one line."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = [r.nodeid for r in skipped if isinstance(r.longrepr, tuple) and NO_BROWSER in str(r.longrepr[2])]
    if missed:
        terminalreporter.section(f"{len(missed)} journeys skipped: {NO_BROWSER}", sep="-", yellow=True)
        for name in sorted(missed):
            terminalreporter.write_line(name)
