"""From the first answer to the target: a stakeholder answers, the portal suggests, the team proposes it or says why not."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.cast import make_cast
from workloads.models import Classification, ImpactAnalysis

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
CATEGORIES = ("Money", "Customer trust", "Regulation", "Safety", "Operations")
DURATIONS = ("15 min", "1 h", "4 h", "24 h", "3 days", "7 days")
RISING = ("Slight", "Serious", "Serious", "Intolerable", "Intolerable", "Intolerable")


def _words(text):
    """A label, whatever kind of space stands in it."""
    return re.compile("^" + r"\s".join(re.escape(word) for word in text.split()) + "$")


def _answer(page, category):
    for loss in ("an outage of", "the data of the last"):
        for length, level in zip(DURATIONS, RISING, strict=True):
            chosen = level if category == "Customer trust" else "None"
            page.get_by_label(_words(f"{category}, {loss} {length}")).select_option(chosen)


def test_a_stakeholder_answers_and_the_team_proposes_what_follows(pages):
    cast = make_cast()
    ImpactAnalysis.objects.all().delete()
    business = pages(user=cast.stakeholder, size="phone")
    business.goto(cast.workload.get_absolute_url())
    business.get_by_role("link", name="Impact", exact=True).click()
    expect(business.get_by_text("Nobody has answered yet")).to_be_visible()
    business.get_by_role("link", name="Answer").click()
    for number, category in enumerate(CATEGORIES):
        expect(business.get_by_text(f"{12 * number} of 60 answered ·")).to_be_in_viewport()
        _answer(business, category)
        if category == "Money":
            business.get_by_label(_words("Money, an outage of 1 h: amount per hour")).fill("38,000")
            found = Axe().run(business)
            assert found.violations_count == 0, found.generate_report()
            business.get_by_role("button", name="Save and stop here").click()
            expect(business.get_by_text("48 answers are missing. The suggestion may get stricter")).to_be_visible()
            assert business.evaluate("document.documentElement.scrollWidth <= innerWidth")
            business.get_by_role("link", name="Go on answering").click()
            continue
        business.locator(".p-thumb button").click()
    expect(business.get_by_text(re.compile(r"Serious after\s1\sh, intolerable after\s24\sh"))).to_be_visible()
    expect(business.get_by_text("The workload's team proposes the target")).to_be_visible()

    team = pages(user=cast.owner)
    team.goto(f"/workloads/{cast.workload.pk}/impact/")
    expect(team.get_by_role("img", name=re.compile("The suggested RTO is"))).to_be_visible()
    team.get_by_role("button", name="Go on to the proposal").click()
    expect(team.get_by_label(re.compile("^RTO"))).to_have_value(re.compile(r"15\s+min"))
    team.get_by_role("button", name="Keep as draft").click()
    target = Classification.objects.get()
    assert (target.tier_id, target.rto_seconds, target.suggested_tier_id, target.differs_reason) == (1, 900, 1, "")


def test_a_team_that_wants_something_else_is_asked_why(pages):
    cast = make_cast()
    team = pages(user=cast.owner)
    team.goto(f"/workloads/{cast.workload.pk}/impact/")
    team.get_by_label(re.compile("Propose something else")).check()
    team.get_by_role("button", name="Go on to the proposal").click()
    team.get_by_label(re.compile("^RTO")).fill("5 min")
    team.get_by_label(re.compile("^Why the business")).fill("Each hour costs € 38,000.")
    team.get_by_role("button", name="Send for signature").click()
    expect(team.get_by_text("1 thing to correct")).to_be_visible()
    team.get_by_label(re.compile("^Why other than the impact analysis")).fill("The contract asks for it.")
    team.get_by_role("button", name="Send for signature").click()
    expect(team.get_by_text("In review, 0 of 3 signed").first).to_be_visible()
    business = pages(user=cast.stakeholder)
    business.goto(Classification.objects.get().get_absolute_url())
    expect(business.get_by_text("Why other than the analysis suggests")).to_be_visible()
    expect(business.get_by_text("The contract asks for it.")).to_be_visible()
