"""Lists by keyboard alone, and where it says how."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.http import QueryDict
from playwright.sync_api import expect

from tests.cast import NOW, make_cast, propose, put_in_force
from tests.drills.play import planned
from tests.workloads.parts import add_dependency, add_third_party
from workloads.campaigns.services import open_campaign
from workloads.models import Waiver, Workload
from workloads.services import add_workload, send_for_signature

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lists(db):
    cast = make_cast()
    for number in range(3):
        add_workload(by=cast.head, at=NOW, name=f"Load {number}", purpose="-", owner_team=cast.team)
    planned(cast)
    put_in_force(cast)
    load = Workload.objects.get(name="Load 0")
    add_dependency(cast, load)
    send_for_signature(classification=propose(cast, tier=2), by=cast.owner, at=NOW)
    Waiver.objects.create(
        workload=load, finding="a", title="Found", reason="Because.", conditions="None.", requested_at=NOW,
        requested_by=cast.head, ends_on=NOW.date() + dt.timedelta(days=90),
    )  # fmt: skip
    open_campaign(by=cast.head, at=NOW, name="All", due_on=NOW.date() + dt.timedelta(days=28), params=QueryDict())
    add_third_party(cast, "Nimbus Cloud")
    return cast


def _opened(pages, lists, address):
    page = pages(user=lists.head)
    page.goto(address)
    return page


def _focused(page):
    return page.evaluate("document.activeElement.innerText")


def test_rows_are_reached_opened_and_left_again(lists, pages):
    page = _opened(pages, lists, "/workloads/?sort=name")
    seen = []
    for key in ("j", "j", "j", "k", "ArrowDown"):
        page.keyboard.press(key)
        seen.append(_focused(page))
    assert seen == ["Load 0", "Load 1", "Load 2", "Load 1", "Load 2"]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Load 2")


@pytest.mark.parametrize(
    "address",
    ["/workloads/findings/", "/workloads/waivers/?view=asked", "/workloads/campaigns/", "/people/assignments/",
     "/drills/?view=all",
     "/workloads/third-parties/", "/people/", "/signoffs/?view=all", "/search/?q=load"],
)  # fmt: skip
def test_every_list_with_rows_has_them(lists, pages, address):
    page = _opened(pages, lists, address)
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('main a')"), address


def test_a_letter_that_is_typed_is_only_a_letter(lists, pages):
    page = _opened(pages, lists, "/workloads/")
    page.keyboard.press("f")
    field = page.get_by_role("searchbox", name="Name, purpose, tag or owner")
    expect(field).to_be_focused()
    page.keyboard.type("jkx/?")
    expect(field).to_have_value("jkx/?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_rows_that_can_be_ticked_are_ticked(lists, pages):
    page = _opened(pages, lists, "/workloads/change-many/?what=add_tag&to_tag=new")
    page.keyboard.press("j")
    box = page.get_by_role("checkbox", name="Change Load 0")
    expect(box).to_be_checked()
    page.keyboard.press("x")
    expect(box).not_to_be_checked()


def test_the_help_opens_by_key_and_by_button_and_the_keys_can_be_turned_off(lists, pages):
    page = _opened(pages, lists, "/workloads/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    heard = len(pages.problems)
    assert Axe().run(page).response["violations"] == []
    del pages.problems[heard:]  # axe itself tries inline styles, which the policy rightly refuses
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('main .p-table a')") is False
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    dialog.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/workloads/$"))
