"""A drill is scheduled, run and judged: live clicks meet a target, a typed time only claims it."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from drills.models import Action, Drill
from tests.cast import make_cast, put_in_force

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def _schedule(page, cast):
    page.goto(f"/drills/new/?workload={cast.workload.pk}")
    zone = cast.owner.zone
    start = timezone.now().astimezone(zone) - dt.timedelta(minutes=5)  # times before the window would be asked about
    page.get_by_label("Kind").select_option("restore")
    page.get_by_label("Window from").fill(start.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Window until").fill((start + dt.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Success criteria").fill("Payments run again within the promise.")
    page.get_by_label("Coordinator").select_option(label=cast.owner.name)
    page.get_by_role("button", name=re.compile("Schedule")).click()
    expect(page.get_by_text("planned").first).to_be_visible()


def _record(page, moment):
    page.get_by_role("button", name=re.compile(rf"Record now\s*: {moment}")).click()
    expect(page.get_by_role("button", name=re.compile(rf"Record now\s*: {moment}"))).to_have_count(0)


def test_a_drill_is_scheduled_run_and_judged(pages):
    cast = make_cast()
    put_in_force(cast, at=timezone.now() - dt.timedelta(days=3))
    page = pages(user=cast.owner)
    _schedule(page, cast)
    page.get_by_role("button", name="Start the drill").first.click()
    expect(page.get_by_text("A rehearsal. Customers are not affected.")).to_be_visible()
    for moment in ("Outage began", "Declared", "Service healthy"):
        page.wait_for_timeout(600)  # a recovery within a second of the outage would be asked about
        _record(page, moment)
    _type_newest_data(page, cast)
    page.get_by_role("link", name="Note a gap").click()
    page.get_by_label("Gap").fill("The runbook named an old host")
    page.get_by_label("Due").fill((timezone.now() + dt.timedelta(days=20)).strftime("%Y-%m-%d"))
    page.get_by_label("Owner").select_option(label=cast.owner.name)
    page.get_by_role("button", name=re.compile("Open|Note|Save")).first.click()
    page.goto(Drill.objects.get().get_absolute_url())
    page.get_by_role("link", name="Finish the drill").click()
    expect(page.get_by_text("Nothing of it can be changed afterwards")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("data loss only claimed"))).to_be_visible()
    assert Drill.objects.get().state == "running"
    page.get_by_role("button", name="Freeze and finish").click()
    expect(page.get_by_text("finished").first).to_be_visible()
    drill = Drill.objects.get()
    assert (drill.rto_verdict, drill.rpo_verdict) == ("met", "claimed")
    assert Action.objects.get().owner == cast.owner
    expect(page.locator(".p-verdict.p-met").first).to_be_visible()
    expect(page.locator(".p-verdict.p-claimed").first).to_be_visible()
    page.goto(cast.workload.get_absolute_url())
    expect(page.get_by_text("Promised and measured").first).to_be_visible()


def _type_newest_data(page, cast):
    """A minute before the outage: the form takes the reader's own wall clock."""
    drill = Drill.objects.get()
    outage = drill.marks.get(what="outage_began").at.astimezone(cast.owner.zone)
    card = page.locator(".p-deed", has_text="Newest")
    expect(card.get_by_role("button", name=re.compile("Record now"))).to_have_count(0)
    card.get_by_text("Type its time").click()
    card.get_by_label("When it happened").fill((outage - dt.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S"))
    card.get_by_role("button", name="Record the typed time").click()
    expect(page.get_by_text("Typed later").first).to_be_visible()
