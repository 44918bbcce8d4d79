"""Back and the button again, in a real browser: one drill, and the second answer leads to the first."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from drills.models import Drill
from tests.cast import make_cast

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def _fill(page, cast):
    start = timezone.now().astimezone(cast.owner.zone) + dt.timedelta(days=5)
    page.get_by_label("Kind").select_option("restore")
    page.get_by_label("Window from").fill(start.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Window until").fill((start + dt.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Success criteria").fill("Payments run again within the promise.")
    page.get_by_label("Coordinator").select_option(label=cast.owner.name)


def test_a_drill_scheduled_again_after_back_is_one_drill(pages):
    cast = make_cast()
    page = pages(user=cast.owner)
    page.set_default_timeout(90_000)
    expect.set_options(timeout=90_000)
    page.goto(f"/drills/new/?workload={cast.workload.pk}")
    _fill(page, cast)
    button = page.get_by_role("button", name=re.compile("Schedule"))
    button.click()
    expect(page.get_by_text("The drill is scheduled.")).to_be_visible()
    page.go_back()
    if not page.get_by_label("Success criteria").input_value():  # where the browser does not keep what was typed
        _fill(page, cast)
    button.click()
    expect(page.get_by_text("has been sent already, and counts once")).to_be_visible()
    assert page.url.endswith(Drill.objects.get().get_absolute_url())
