"""A waiver shows wherever the target shows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from django.test import Client
from django.utils import timezone

from drportal.search import search
from people.models import organisation_today
from tests.cast import NOW, PASSWORD, put_in_force
from tests.workloads.campaigns import more_in_force, opened
from workloads.models import Waiver

pytestmark = pytest.mark.django_db


def waive(cast, days, state="granted", finding="a"):
    today = organisation_today(timezone.now())
    granted = {"granted_at": NOW, "granted_by": cast.sponsor} if state == "granted" else {}
    Waiver.objects.create(
        workload=cast.workload, finding=finding, title="Found", reason="Because.", conditions="None.", state=state,
        ends_on=today + dt.timedelta(days=days), requested_at=NOW, requested_by=cast.head, **granted,
    )  # fmt: skip
    return today + dt.timedelta(days=days)


def client_of(user):
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client


def test_the_first_to_end_of_those_that_hold_is_said_in_list_file_json_and_search(cast):
    put_in_force(cast)
    waive(cast, -1, finding="over")
    waive(cast, 9, finding="later")
    until = waive(cast, 0, finding="sooner")
    waive(cast, 3, state="requested", finding="asked")
    client = client_of(cast.head)
    assert "waived until" in client.get("/workloads/").context["page"].object_list[0]["waived"]
    file = b"".join(client.get("/workloads/export/list/?as=csv").streaming_content)
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert rows[0]["waived until"] == until.isoformat()
    assert client.get("/api/v1/workloads/").json()["results"][0]["waived_until"] == until.isoformat()
    assert client.get(f"/api/v1/workloads/{cast.workload.pk}/").json()["waived_until"] == until.isoformat()
    assert "waived until" in search(cast.head, "payment", on=organisation_today(timezone.now()))[0].hits[0].detail


def test_a_waiver_that_is_over_or_only_asked_for_is_not_said(cast):
    waive(cast, -1, finding="over")
    waive(cast, 3, state="requested", finding="asked")
    client = client_of(cast.head)
    assert client.get("/workloads/").context["page"].object_list[0]["waived"] == ""
    assert client.get("/api/v1/workloads/").json()["results"][0]["waived_until"] is None
    assert "waived until" not in search(cast.head, "payment", on=organisation_today(timezone.now()))[0].hits[0].detail


SAID = "waived until"


@pytest.fixture
def reviewed(cast):
    """A target in force of which something is waived, another one of which nothing is, and a campaign over both."""
    target, bare = put_in_force(cast), more_in_force(cast, 1)[0]
    until = waive(cast, 9)
    campaign = opened(cast, at=timezone.now())
    return target, bare, campaign, until


def test_a_campaign_says_it_in_each_of_its_rows_and_before_it_is_opened(cast, page, reviewed):
    target, bare, campaign, until = reviewed
    client = page(cast.head)
    for address in (campaign.get_absolute_url(), "/workloads/campaigns/open/"):
        rows = re.findall(r"(?s)<(?:tr|li)[ >].*?</(?:tr|li)>", client.get(address).text)
        assert [SAID in row for row in rows if cast.workload.name in row] == [True], address
        assert [SAID in row for row in rows if bare.workload.name in row] == [False], address
    found = client.get(f"/api/v1/campaigns/{campaign.pk}/reviews/").json()["results"]
    assert {row["classification"]: row["waived_until"] for row in found} == {
        target.pk: until.isoformat(),
        bare.pk: None,
    }


def test_a_target_that_a_campaign_asked_for_and_another_one_replaced_promises_nothing_any_more(cast, page, reviewed):
    target, _, campaign, _ = reviewed
    put_in_force(cast, tier=2)
    found = page(cast.head).get(f"/api/v1/campaigns/{campaign.pk}/reviews/").json()["results"]
    assert {row["classification"]: row["waived_until"] for row in found}[target.pk] is None
    assert SAID not in page(cast.head).get(campaign.get_absolute_url()).text


def test_each_review_that_waits_says_it_in_json(cast, page, reviewed):
    target, bare, _, until = reviewed
    found = page(cast.stakeholder).get("/api/v1/reviews/").json()["results"]
    assert {row["classification"]: row["waived_until"] for row in found} == {
        target.pk: until.isoformat(),
        bare.pk: None,
    }
