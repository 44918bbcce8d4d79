"""The reviews of a quarter: asked for in one deed, two of them given together; and a leaver's work handed over."""

import datetime as dt
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from drills import services as drills
from drills.models import DrillKind
from people.models import User, organisation_today
from tests.cast import PASSWORD, make_cast, person
from tests.workloads.campaigns import in_force, more_in_force
from workloads import services as workloads
from workloads.models import Campaign, Reaffirmation

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def _clean(page):
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def _open_campaign(page):
    page.goto("/workloads/campaigns/")
    page.get_by_role("link", name="Open a campaign").click()
    page.get_by_role("checkbox", name="Tier 2").check()
    page.get_by_role("button", name="Show which").click()
    expect(page.get_by_text("3 signed targets of 1 team would be asked for.")).to_be_visible()
    _clean(page)
    page.get_by_label("Name", exact=True).fill("Tier 2 of the quarter")
    page.get_by_role("button", name="Open for 3 targets").click()
    expect(page.get_by_text("0 of 3 reviewed")).to_be_visible()


def test_two_are_reaffirmed_at_once_and_the_campaign_shows_it(pages):
    cast = make_cast()
    in_force(cast)
    three = more_in_force(cast, 3)
    workloads.change_workload(workload=three[2].workload, by=cast.head, at=timezone.now(), purpose="Does more now.")
    lead = pages(user=cast.head)
    _open_campaign(lead)
    page = pages(user=cast.stakeholder)
    page.goto(f"/workloads/campaigns/{Campaign.objects.get().pk}/")
    page.get_by_role("link", name="Your 3 reviews").click()
    expect(page.get_by_text("Description changed: purpose.")).to_be_visible()
    _clean(page)
    for name in ("Load 00", "Load 01"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_label(re.compile("Your password")).fill(PASSWORD)
    page.get_by_role("button", name="Reaffirm the chosen as Priya Raman").click()
    expect(page.get_by_text("Reaffirmed: Load 00, Load 01.")).to_be_visible()
    lead.reload()
    expect(lead.get_by_text("2 of 3 reviewed")).to_be_visible()
    expect(lead.get_by_role("img", name="Payments: 2 of 3 reviewed")).to_be_visible()
    _clean(lead)
    lead.get_by_role("button", name="Nudge who is open").click()
    expect(lead.get_by_text("Nudged. 1 person has a message")).to_be_visible()
    assert Reaffirmation.objects.count() == 2


def test_a_leavers_work_is_looked_at_and_handed_over(pages):
    cast, at = make_cast(), timezone.now()
    successor = person("Sigrid Next", team=cast.team)
    cast.stakeholder.teams.add(cast.team)  # who coordinates a drill may run it
    drill = drills.schedule(
        workload=cast.workload, by=cast.head, at=at, kind=DrillKind.RESTORE, window_start=at + dt.timedelta(days=2),
        window_end=at + dt.timedelta(days=2, hours=1), coordinator=cast.stakeholder, success_criteria="Back.",
    )  # fmt: skip
    page = pages(user=cast.head)
    page.goto(f"/people/{cast.stakeholder.pk}/")
    page.get_by_role("link", name="Hand over").click()
    expect(page.get_by_role("heading", name="Planned drills")).to_be_visible()
    page.get_by_label("Successor").select_option(successor.name)
    yesterday = organisation_today(at) - dt.timedelta(days=1)
    page.get_by_label("Last day").fill(yesterday.isoformat())
    page.get_by_role("button", name="Show what passes").click()
    expect(page.get_by_text("Sigrid Next, deputy Oskar Berge")).to_be_visible()
    _clean(page)
    page.get_by_role("checkbox", name=re.compile("Deactivate Priya Raman too")).check()
    page.get_by_role("button", name="Hand over to Sigrid Next").click()
    expect(page.get_by_text("Handed over to Sigrid Next.")).to_be_visible()
    drill.refresh_from_db()
    assert (drill.coordinator, User.objects.get(pk=cast.stakeholder.pk).is_active) == (successor, False)
    page.goto("/people/assignments/")
    expect(page.get_by_role("cell", name="Sigrid Next").first).to_be_visible()
    _clean(page)
