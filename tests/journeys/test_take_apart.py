"""A team member writes down what her workload is made of, does, needs, and how it can fail."""

import re

import pytest
from playwright.sync_api import expect

from tests.cast import make_cast
from tests.workloads.parts import add_third_party
from workloads.models import Component, Dependency, FailureMode, UserFlow

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def _add_component(page):
    page.get_by_role("link", name="User flows", exact=True).click()
    expect(page.get_by_role("heading", name="No user flow yet")).to_be_visible()
    page.get_by_role("link", name="Add a component").click()
    page.get_by_label("Name").fill("Payment database")
    page.get_by_label(re.compile("What it is")).fill("database")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("rowheader", name="Payment database")).to_be_visible()


def _add_dependency(page):
    page.get_by_role("link", name="Dependencies", exact=True).click()
    page.get_by_role("link", name="Add a dependency").click()
    page.get_by_label("Name or external reference").fill("card")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Card network").click()
    page.get_by_role("radio", name=re.compile("^soft")).check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Write what still works without it").first).to_be_visible()
    page.get_by_label(re.compile("What still works")).fill("Transfers go on.")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Goes on: Transfers go on.")).to_be_visible()


def _add_flow(page):
    page.get_by_role("link", name="User flows", exact=True).click()
    page.get_by_role("link", name="Add a user flow").click()
    page.get_by_label("Name").fill("Pay a claim")
    page.get_by_role("checkbox", name=re.compile("^Critical")).check()
    page.get_by_label("What it does").fill("Sends the money.")
    page.get_by_label(re.compile("^Own RTO")).fill("ten")
    page.get_by_role("checkbox", name="Payment database").check()
    page.get_by_role("checkbox", name="Card network").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("You wrote “ten”.").first).to_be_visible()
    page.get_by_label(re.compile("^Own RTO")).fill("10 min")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name=re.compile("Pay a claim critical"))).to_be_visible()


def _add_failure_mode(page):
    page.get_by_role("link", name="Failure modes", exact=True).click()
    page.get_by_role("link", name="Add a failure mode").click()
    page.get_by_label("What fails").fill("The disk fills up")
    page.get_by_label(re.compile("^Component")).select_option("Payment database")
    for answer in ("excessive load", "serious", "likely: about", "late, by"):
        page.get_by_role("radio", name=re.compile(f"^{answer}")).check()
    page.get_by_label("What follows").fill("Nothing is paid.")
    page.get_by_role("checkbox", name="Pay a claim").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("1 way in which it can fail; 1 of high priority.")).to_be_visible()


def test_a_member_of_the_team_takes_her_workload_apart(pages):
    cast = make_cast()
    cast.workload.flows.all().delete()
    add_third_party(cast)
    page = pages(user=cast.owner)
    page.goto(cast.workload.get_absolute_url())
    expect(page.get_by_text("Nothing is written down yet.")).to_be_visible()
    _add_component(page)
    _add_dependency(page)
    _add_flow(page)
    _add_failure_mode(page)
    page.get_by_role("link", name="Overview", exact=True).click()
    for said in ("1 user flow", "1 component", "1 way to fail", "1 other"):
        expect(page.get_by_role("link", name=said, exact=True)).to_be_visible()
    flow, mode = UserFlow.objects.get(), FailureMode.objects.get()
    assert (flow.is_critical, flow.rto_seconds, flow.added_by) == (True, 600, cast.owner)
    assert flow.components.get() == mode.component == Component.objects.get()
    assert flow.dependencies.get() == Dependency.objects.get()
    assert mode.flows.get() == flow
