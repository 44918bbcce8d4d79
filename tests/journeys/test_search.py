"""Somebody who has her hands on the keys finds a workload from any page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.cast import make_cast

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_from_any_page_by_keyboard_to_the_workload(pages):
    cast = make_cast()
    page = pages(user=cast.head)
    page.goto("/people/roles/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search everything")).to_be_focused()
    page.keyboard.type("hub payment")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Found for “hub payment”")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Payment Hub", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/workloads/{cast.workload.pk}/$"))


def test_a_typing_mistake_on_the_phone(pages):
    cast = make_cast()
    phone = pages(user=cast.head, size="phone")
    phone.goto("/")
    phone.get_by_text("Menu").click()
    phone.get_by_role("searchbox", name="Search everything").fill("paymnet")
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("Close to it:")).to_be_visible()
    expect(phone.get_by_role("link", name="Payment Hub", exact=True)).to_be_visible()
