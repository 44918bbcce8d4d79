"""The page that documents the API: complete without the internet and without a hole in the security policy."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import expect

from tests.cast import make_cast


def test_its_policy_is_the_one_of_every_page(cast):
    client = Client()
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    for address in ("/api/v1/docs/", "/api/v1/docs/?script="):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert b"<style" not in answer.content


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
def test_it_is_drawn_and_tried_in_a_browser_without_leaving_the_host(pages):
    page = pages(user=make_cast().head)
    asked, refused = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto("/api/v1/docs/")
    expect(page.get_by_role("heading", name="Recovery Portal API")).to_be_visible()
    operation = page.locator("#operations-tiers-tiers_list")
    operation.locator("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text("Mission critical")
    refusal = page.locator("#operations-people-people_create")
    refusal.locator("button").first.click()
    refusal.get_by_role("button", name="Try it out").click()
    refusal.locator("textarea").fill('{"name": "Ida Moe", "email": "ida.moe@example.org"}')
    refusal.get_by_role("button", name="Execute").click()
    expect(refusal.locator(".live-responses-table")).to_contain_text("201")
    assert get_user_model().objects.filter(name="Ida Moe").exists(), "the page sends the token against forged requests"
    assert [url for url in asked if not url.startswith((pages.server.url, "data:"))] == []
    assert refused == []
