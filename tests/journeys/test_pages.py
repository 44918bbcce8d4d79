"""Every page of the portal, desktop and phone, light and dark: axe finds nothing, nothing is wider than the screen."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from people.access import rule_of
from tests.cast import make_cast
from tests.laws.samples import samples
from tests.laws.test_routes import OURS, _address

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NO_PAGE = ("export", "document", "text", "report", "template", "schema", "api-root", "map-data")
LIBRARY = ("/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/reauthenticate/")
SIGNED_OUT = ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/nothing-here/")


def _pages(cast):
    values = samples(cast)
    for route, name, view in OURS:
        if route.startswith("api/") or name is None or any(word in name for word in NO_PAGE) or not rule_of(view):
            continue
        yield _address(name, values.get(name, {}))[0]
    yield from (*LIBRARY, "/api/v1/docs/", "/admin/", "/admin/workloads/tier/", "/admin/workloads/tier/1/change/")


def _problems(pages, page, address):
    found = []
    if page.request.get(address).status == 405:
        return found  # a deed, not a page
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(f"{address} is wider than the screen")
    if not address.startswith("/api/"):  # the API's own docs are a library's page
        heard = len(pages.problems)
        result = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        del pages.problems[heard:]  # axe itself tries inline styles, which the policy rightly refuses
        for violation in result.response["violations"]:
            nodes = ", ".join(node["html"][:120] for node in violation["nodes"][:2])
            found.append(f"{address} {violation['id']}: {nodes}")
    return found


@pytest.mark.parametrize(("size", "dark"), [("desktop", False), ("phone", True)], ids=["desktop-light", "phone-dark"])
def test_every_page_is_accessible_and_fits(pages, size, dark):
    cast = make_cast()
    cast.head.is_staff = True
    cast.head.save(update_fields=["is_staff"])
    page = pages(size=size, dark=dark, user=cast.head)
    found = [problem for address in _pages(cast) for problem in _problems(pages, page, address)]
    out = pages(size=size, dark=dark)
    found += [problem for address in SIGNED_OUT for problem in _problems(pages, out, address)]
    assert not found, "\n".join(found)
