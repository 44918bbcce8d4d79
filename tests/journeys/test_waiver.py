"""From a blocked signature over a waiver to a target in force, its waiver shown wherever the target shows."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.cast import PASSWORD, make_cast, propose
from tests.workloads.waivers import forget_flows
from workloads.models import Classification, Waiver

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def _sign(page, user):
    page.get_by_label(re.compile("Your password")).fill(PASSWORD)
    page.get_by_role("button", name=f"Sign as {user.name}").click()
    expect(page.get_by_text(re.compile("signed", re.IGNORECASE)).first).to_be_visible()


def test_a_blocked_target_is_waived_sent_and_signed_with_the_waiver_shown(pages):
    cast = make_cast()
    forget_flows(cast)
    target = propose(cast, at=timezone.now())
    page = pages(user=cast.owner)
    page.goto(target.get_absolute_url())
    expect(page.get_by_role("heading", name="Blocking: No user flow is written down")).to_be_visible()
    expect(page.get_by_role("button", name="Send for signature")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("Blocked by 1 finding")).to_be_visible()

    page.get_by_role("link", name=re.compile("Ask for a waiver")).click()
    page.get_by_label(re.compile("Why can it not")).fill("The team is new.")
    page.get_by_label("Conditions").fill("Write the flows down by March.")
    ends = timezone.now().date() + dt.timedelta(days=60)
    page.get_by_label("Last day").fill(ends.isoformat())
    page.get_by_role("button", name="Ask for this waiver").click()
    expect(page.get_by_text("Waits for signature").first).to_be_visible()

    sponsor = pages(user=cast.sponsor)
    sponsor.goto("/")
    sponsor.get_by_role("link", name=re.compile("Read and sign")).first.click()
    expect(sponsor.get_by_role("heading", name=re.compile("Sign “Payment Hub: waiver”"))).to_be_visible()
    expect(sponsor.get_by_text("Write the flows down by March.").first).to_be_visible()
    _sign(sponsor, cast.sponsor)
    assert Waiver.objects.get().state == Waiver.State.GRANTED

    page.goto(target.get_absolute_url())
    expect(page.get_by_role("heading", name=re.compile("Blocking, waived"))).to_be_visible()
    page.get_by_role("button", name="Send for signature").click()
    expect(page.get_by_text("Sent. Everybody who signs").first).to_be_visible()

    target.refresh_from_db()
    for signer in (cast.stakeholder, cast.sponsor, cast.head):
        theirs = pages(user=signer)
        theirs.goto(f"/signoffs/{target.request_id}/sign/")
        expect(theirs.get_by_role("heading", name="Know before you sign")).to_be_visible()
        expect(theirs.get_by_role("heading", name=re.compile("Blocking, waived until"))).to_be_visible()
        _sign(theirs, signer)
    assert Classification.objects.get(pk=target.pk).state == Classification.State.SIGNED_OFF
    page.goto(cast.workload.get_absolute_url())
    expect(page.get_by_role("heading", name="Waived: No user flow is written down")).to_be_visible()
