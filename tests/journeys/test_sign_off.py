"""From a proposal to a target in force: a team proposes, three people sign, a stranger sees nothing."""

import re

import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD, make_cast
from workloads.models import Classification

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def _sign_in(page, user):
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in with password").click()
    expect(page.get_by_role("heading", name="What needs you")).to_be_visible()


def _propose(page, cast):
    page.get_by_role("link", name="Workloads").first.click()
    page.get_by_role("link", name=cast.workload.name).click()
    page.get_by_role("link", name=re.compile("Propose")).first.click()
    page.get_by_role("radio", name=re.compile("Tier 1")).check()
    expect(page.get_by_label(re.compile("^RTO"))).to_have_value(re.compile(r"15\s+min"))  # the tier's own values arrive
    page.get_by_label(re.compile("^RTO")).fill("10 min")
    page.get_by_label(re.compile("^RPO")).fill("5 min")
    page.get_by_label(re.compile("^SLO")).fill("99.95")
    page.get_by_label(re.compile("^Why other")).fill("The regulator counts from the first minute.")
    page.get_by_label(re.compile("^Why (?!other|looser)|^Reason")).first.fill("Each hour costs € 40,000.")
    page.get_by_label(re.compile("^Why other than the impact analysis")).fill("The contract asks for it.")
    page.get_by_role("button", name="Send for signature").click()
    expect(page.get_by_text("In review, 0 of 3 signed").first).to_be_visible()


def test_a_team_proposes_three_people_sign_and_the_target_is_in_force(pages):
    cast = make_cast()
    page = pages()
    _sign_in(page, cast.owner)
    _propose(page, cast)
    for signer in (cast.stakeholder, cast.sponsor, cast.head):
        theirs = pages()
        _sign_in(theirs, signer)
        theirs.get_by_role("link", name=re.compile("Read and sign")).first.click()
        expect(theirs.get_by_text(re.compile(r"Back within\s+10\s+min")).first).to_be_visible()
        theirs.get_by_label(re.compile("Your password")).fill(PASSWORD)
        theirs.get_by_role("button", name=f"Sign as {signer.name}").click()
        expect(theirs.get_by_text(re.compile("signed", re.IGNORECASE)).first).to_be_visible()
    target = Classification.objects.get(workload=cast.workload)
    assert target.state == Classification.State.SIGNED_OFF
    page.goto(cast.workload.get_absolute_url())
    expect(page.get_by_text(re.compile(r"Back within\s+10\s+min")).first).to_be_visible()
    expect(page.get_by_text("3 of 3 signed").first).to_be_visible()


def test_a_stranger_sees_nothing(pages):
    cast = make_cast()
    page = pages(user=cast.stranger)
    page.goto("/workloads/")
    expect(page.get_by_text(cast.workload.name)).to_have_count(0)
    page.goto(cast.workload.get_absolute_url())
    expect(page.get_by_role("heading", name="There is nothing here for you")).to_be_visible()
