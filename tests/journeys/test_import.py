"""A register from a file to workloads in the portal: real pages, a real browser, and the real worker behind them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from people.models import Team
from tests.cast import make_cast
from tests.workers import celery, surroundings
from tests.workloads.registers import FULL, PLAIN, ROW, as_csv
from workloads.models import Dependency, Workload

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
CATALOGUE = Path(__file__).parents[1] / "workloads/data/backstage.yaml"
STARTING = 40_000  # milliseconds that a worker may take to come up


@pytest.fixture
def worker(tmp_path):
    """Starts the worker when a journey is ready for it: pages wake it, no beat ticks."""
    return lambda: celery("worker", "--pool", "solo", env=surroundings(tmp_path), log=tmp_path / "worker.log")


def whole(page):
    """Accessible, and nothing sticks out sideways."""
    assert Axe().run(page).violations_count == 0, page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def choose(page, path, *, teams=True):
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_label("Add missing teams").set_checked(teams)
    page.get_by_role("button", name="Check this file").click()


def says(page, sentence):
    expect(page.get_by_text(sentence)).to_be_visible(timeout=STARTING)


@pytest.mark.parametrize(("size", "dark"), [("desktop", False), ("phone", True)])
def test_a_register_is_checked_corrected_and_imported(pages, tmp_path, worker, size, dark):
    cast = make_cast()
    path = tmp_path / "applications.csv"
    page = pages(size=size, dark=dark, user=cast.head)
    page.goto("/workloads/")
    page.get_by_role("link", name="Import").click()
    whole(page)

    path.write_bytes(b"name,reference\nA,1\n")
    with worker():
        choose(page, path)
        says(page, "Columns are missing: purpose, team.")
        whole(page)
        page.get_by_role("link", name="Choose the file again").click()
        expect(page.get_by_label("Add missing teams")).to_be_checked()

        path.write_bytes(as_csv(ROW | {"RTO": "15"}, PLAIN | {"team": "Travel"}, header=FULL))
        choose(page, path)
        says(page, "1 new, 1 refused: nothing is written yet.")
        expect(page.get_by_text("Write the unit too").first).to_be_visible()
        whole(page)
        page.get_by_role("link", name="Refused 1").click()
        expect(page.get_by_role("rowheader")).to_have_count(1)

        path.write_bytes(as_csv(ROW, PLAIN | {"team": "Travel"}, header=FULL))
        page.get_by_role("link", name="Choose the file again").click()
        choose(page, path)
        says(page, "2 new: nothing is written yet.")
        whole(page)
        assert Workload.objects.count() == 1
        page.get_by_role("button", name="Import 2 workloads").click()
        says(page, "2 new: imported.")
        whole(page)
    assert Workload.objects.count() == 3
    page.get_by_role("link", name="Quote Engine").click()
    expect(page.get_by_role("heading", name="Quote Engine", level=1)).to_be_visible()
    page.goto("/workloads/import/")
    expect(page.get_by_role("table", name="Files waiting for you").get_by_role("rowheader")).to_have_count(3)
    whole(page)


def test_a_catalogue_of_sixty_services_comes_in_with_its_teams_and_its_dependencies(pages, worker):
    cast = make_cast()
    page = pages(user=cast.head)
    page.goto("/workloads/import/")
    choose(page, CATALOGUE, teams=False)
    expect(page.get_by_role("progressbar", name="Waiting for its turn")).to_be_visible()
    progress = page.get_by_role("region", name="Progress")
    expect(progress.get_by_role("status")).to_have_text("Waiting for its turn")
    says(page, re.compile("Waiting for a worker: nobody has taken this file"))
    whole(page)

    with worker():
        says(page, re.compile(r"\d+ refused: nothing is written yet"))  # the page watched, and showed the report
        expect(page.get_by_text("There is no team “Claims handling”").first).to_be_visible()
        page.get_by_role("link", name="Choose the file again").click()
        choose(page, CATALOGUE)
        says(page, re.compile(r"^\d+ new: nothing is written yet"))
        whole(page)
        page.get_by_role("button", name=re.compile(r"Import \d+ rows")).click()
        says(page, re.compile(r"^\d+ new: imported\.$"))
        whole(page)
        assert (Workload.objects.count(), Team.objects.count()) == (1 + 70, 1 + 9)
        page.get_by_role("link", name="Claims Intake", exact=True).first.click()
        expect(page.get_by_role("heading", name="Claims Intake", level=1)).to_be_visible()
        intake = Workload.objects.get(name="Claims Intake")
        needed = Dependency.objects.filter(workload=intake)
        assert needed.count() == 4
        page.goto(f"/workloads/{intake.pk}/dependencies/")
        for need in needed:
            expect(page.get_by_role("link", name=need.needs.name, exact=True).first).to_be_visible()
        page.goto(f"/workloads/{intake.pk}/map/")
        expect(page.locator("#map[data-drawn=true] canvas").first).to_be_visible()
        expect(page.get_by_role("row").filter(has_text="Document Store").first).to_be_visible()

        page.goto("/workloads/import/")
        choose(page, CATALOGUE)
        says(page, re.compile(r"^\d+ unchanged: the register says all of this already\.$"))
        expect(page.get_by_role("button", name=re.compile("Import"))).to_have_count(0)
    assert pages.problems == []


def test_without_scripts_one_looks_again(pages, tmp_path, worker):
    cast = make_cast()
    path = tmp_path / "applications.csv"
    path.write_bytes(as_csv(ROW, PLAIN))
    page = pages(user=cast.head, java_script_enabled=False)
    page.goto("/workloads/import/")
    choose(page, path)
    with worker():
        for _ in range(STARTING // 500):
            page.wait_for_timeout(500)
            with page.expect_navigation():  # until it is there, nothing is on the page, the link neither
                page.get_by_role("link", name="Look again").click()
            if not page.get_by_role("link", name="Look again").count():
                break
        says(page, "2 new: nothing is written yet.")
