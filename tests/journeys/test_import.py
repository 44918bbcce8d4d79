"""A register from a spreadsheet to workloads in the portal, in a real browser, on a desktop and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.cast import make_cast
from tests.workloads.registers import FULL, PLAIN, ROW, as_csv
from workloads.models import Workload

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def whole(page):
    """Accessible, and nothing sticks out sideways."""
    assert Axe().run(page).violations_count == 0, page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def choose(page, path):
    page.get_by_label("File").set_input_files(path)
    page.get_by_label("Add missing teams").check()
    page.get_by_role("button", name="Check this file").click()


@pytest.mark.parametrize(("size", "dark"), [("desktop", False), ("phone", True)])
def test_a_register_is_checked_corrected_and_imported(pages, tmp_path, size, dark):
    cast = make_cast()
    path = tmp_path / "applications.csv"
    page = pages(size=size, dark=dark, user=cast.head)
    page.goto("/workloads/")
    page.get_by_role("link", name="Import").click()
    whole(page)

    path.write_bytes(b"name,reference\nA,1\n")
    choose(page, path)
    expect(page.get_by_role("alert")).to_contain_text("Columns are missing: purpose, team.")
    whole(page)

    path.write_bytes(as_csv(ROW | {"RTO": "15"}, PLAIN | {"team": "Travel"}, header=FULL))
    choose(page, path)
    expect(page.get_by_text("1 new, 1 refused: nothing is written yet.")).to_be_visible()
    expect(page.get_by_text("Write the unit too")).to_be_visible()
    whole(page)
    page.get_by_role("link", name="Refused 1").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)

    path.write_bytes(as_csv(ROW, PLAIN | {"team": "Travel"}, header=FULL))
    page.get_by_role("link", name="Choose the file again").click()
    choose(page, path)
    expect(page.get_by_text("2 new: nothing is written yet.")).to_be_visible()
    whole(page)
    assert Workload.objects.count() == 1
    page.get_by_role("button", name="Import 2 workloads").click()
    expect(page.get_by_text("2 new: imported.")).to_be_visible()
    assert Workload.objects.count() == 3
