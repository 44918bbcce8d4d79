"""Somebody finds what is less critical than what needs it, on the map, and reads the same in the table."""

from __future__ import annotations

import os
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from people.models import Team
from tests.cast import make_cast
from tests.workloads.chains import HOUR, needs, third_party, workload

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def _estate(cast):
    """Claims (1) → Queue (1) → Disk (3), and more around it."""
    claims, queue = (
        workload(cast, "Claims", tier=1, rto=900, rpo=300),
        workload(cast, "Queue", tier=1, rto=900, rpo=300),
    )
    disk = workload(cast, "Disk", tier=3, rto=2 * HOUR, rpo=HOUR, team=Team.objects.create(name="Storage"))
    vendor = third_party(cast, "Card scheme", has_failover=False, rto_seconds=HOUR)
    needs(cast, claims, queue, workload(cast, "Old thing"), vendor)
    needs(cast, queue, disk)
    needs(cast, workload(cast, "Claims portal", tier=2, rto=HOUR, rpo=HOUR), claims, order="parallel")
    needs(cast, claims, workload(cast, "Address book", tier=3, rto=HOUR, rpo=HOUR), strength="soft")
    rating, tariff = workload(cast, "Rating", tier=0, rto=60, rpo=0), workload(cast, "Tariffs", tier=0, rto=60, rpo=0)
    needs(cast, claims, rating, order="parallel")
    needs(cast, rating, tariff)
    needs(cast, tariff, rating)
    return claims


def _shoot(page, name):
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_from_the_finding_over_the_map_to_the_row_that_names_the_inversion(pages):
    cast = make_cast()
    claims = _estate(cast)
    page = pages(user=cast.head)
    page.goto("/workloads/findings/?kind=inversion")
    row = page.get_by_role("row").filter(has_text="Needed through Claims → Queue → Disk.")
    expect(row).to_contain_text("Needs Disk, which is only tier 3")
    _shoot(page, "findings")
    row.get_by_role("link", name="Claims").click()
    expect(page).to_have_url(re.compile(rf"/workloads/{claims.pk}/map/$"))
    expect(page.locator("#map[data-drawn=true] canvas").first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Disk").filter(has_text="needed, step 2")).to_contain_text(
        "less critical than what needs it: Queue"
    )
    _shoot(page, "map")
    assert pages.problems == []
    page.get_by_role("button", name="Nearer").click()
    page.get_by_role("navigation", name="Steps each way").get_by_role("link", name="1 step").click()
    expect(page.locator("#map[data-drawn=true]")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Disk")).to_have_count(0)
    page.goto(f"/workloads/{claims.pk}/")
    expect(page.get_by_text("Through the chain: back in 2 h 30 min at best")).to_be_visible()
    _shoot(page, "overview")
    assert pages.problems == []


def test_a_hop_of_the_picture_leads_to_its_own_map(pages):
    cast = make_cast()
    claims = _estate(cast)
    page = pages(user=cast.head, reduced_motion="reduce")
    page.goto(f"/workloads/{claims.pk}/map/?depth=4")
    expect(page.locator("#map[data-drawn=true]")).to_be_visible()
    box = page.locator(".p-map-canvas").bounding_box()
    # Hops fill the frame from its top: look along a grid until the pointer says that something is to be chosen.
    for down in range(20, int(box["height"]), 20):
        for across in range(20, int(box["width"]), 60):
            page.mouse.move(box["x"] + across, box["y"] + down)
            if page.locator(".p-map-canvas").evaluate("node => node.style.cursor") == "pointer":
                page.mouse.click(box["x"] + across, box["y"] + down)
                expect(page).to_have_url(re.compile(r"/workloads/\d+/map/$"))
                return
    pytest.fail("no hop to choose")


@pytest.mark.parametrize("options", [{"size": "phone"}, {"java_script_enabled": False}], ids=["phone", "no script"])
def test_on_the_phone_and_without_script_the_table_stands_alone(pages, options):
    cast = make_cast()
    claims = _estate(cast)
    page = pages(user=cast.head, **options)
    page.goto(f"/workloads/{claims.pk}/map/")
    expect(page.locator("#map")).to_be_hidden()
    expect(page.get_by_text("less critical than what needs it: Queue")).to_be_visible()
    _shoot(page, f"map-{len(options.get('size', ''))}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_map_is_accessible(pages, dark):
    cast = make_cast()
    claims = _estate(cast)
    page = pages(user=cast.head, dark=dark)
    for address in (f"/workloads/{claims.pk}/map/", "/workloads/findings/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        _shoot(page, f"axe-{dark}-{len(address)}")
        heard = len(pages.problems)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        del pages.problems[heard:]  # axe itself tries inline styles, which the policy rightly refuses
        assert [violation["id"] for violation in found.response["violations"]] == []
