"""A name of 120 letters without a blank breaks; no page scrolls sideways on the narrowest phone."""

from __future__ import annotations

import pytest
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from drills.models import Action
from people.models import Contact, Team, User
from tests.cast import make_cast
from tests.journeys.test_pages import _pages
from workloads.models import Campaign, ColumnMapping, Component, SavedView, Season, ThirdParty, UserFlow, Workload

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NARROWEST = {"width": 320, "height": 700}
# The innermost of what reaches beyond the screen.
CULPRITS = """[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && ![...e.children].some(c => c.getBoundingClientRect().right > innerWidth + 1))
    .slice(0, 4).map(e => `${e.tagName}.${e.className}<${e.parentElement.tagName}.${e.parentElement.className}`).join("; ")"""
NAMED = {
    Workload: ("name", "reference", "business_unit"), Team: ("name",), User: ("name", "title"), Contact: ("name", "organisation"),
    ThirdParty: ("name", "vendor"), Component: ("name",), UserFlow: ("name",), Campaign: ("name",), ColumnMapping: ("name",),
    SavedView: ("name",), Season: ("name",), Action: ("title",),
}  # fmt: skip


def give_long_names(cast):
    """To all things that are there; what is made of them afterwards, documents and letters, says them too."""
    for model, fields in NAMED.items():
        for field in fields:
            most = model._meta.get_field(field).max_length
            long = Concat(Value("W" * (min(most, 120) - 8)), Cast(F("pk"), CharField()), output_field=CharField())
            model.objects.update(**{field: long})
    for thing in vars(cast).values():
        thing.refresh_from_db()


def test_no_page_scrolls_sideways_for_a_long_name(pages):
    cast = make_cast()
    give_long_names(cast)
    addresses = list(_pages(cast))
    give_long_names(cast)
    page = pages(size="phone", user=cast.head)
    page.set_viewport_size(NARROWEST)
    wide = []
    for address in addresses:
        if address.startswith(("/admin/", "/api/")) or page.request.get(address).status == 405:
            continue
        page.goto(address)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROWEST["width"]:
            wide.append(f"{address} is {width} px wide: {page.evaluate(CULPRITS)}")
    assert not wide, "\n".join(wide)
