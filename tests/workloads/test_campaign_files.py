"""Campaigns, the reviews of one and the reviews that wait as files: what the pages show, all of it, and nothing else."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.models import Team, organisation_today
from tests.cast import person, proof
from tests.workloads.campaigns import in_force, more_in_force, opened, seen
from workloads import services
from workloads.campaigns import views_files
from workloads.campaigns.services import close_campaign, reaffirm_many
from workloads.models import Campaign, CampaignReview, Classification, Waiver, Workload
from workloads.reviews import make_review_due

CAMPAIGNS = "/workloads/campaigns/export/"
WAITING = "/workloads/reviews/export/"
pytestmark = pytest.mark.django_db


def body(client, address, form="json", **asked):
    answer = client.get(address, {"as": form} | asked)
    assert answer.status_code == 200, address
    return b"".join(answer.streaming_content)


def rows(client, address, **asked):
    return json.loads(body(client, address, **asked))


def reviews_of(campaign):
    return f"{campaign.get_absolute_url()}export/"


@pytest.fixture
def campaign(cast):
    """Three reviews, one of them given; another campaign over the first alone, closed unfinished."""
    at = timezone.now() - dt.timedelta(days=40)
    in_force(cast, at=at)
    second, third = more_in_force(cast, 2)
    one = opened(cast, "tier=1", name="Tier 1", at=at + dt.timedelta(days=1))
    close_campaign(campaign=one, by=cast.head, at=at + dt.timedelta(days=2))
    found = opened(cast, at=at + dt.timedelta(days=3))
    given = timezone.now()
    reaffirm_many(seen=[seen(second)], by=cast.stakeholder, at=given, proof=proof(given))
    make_review_due(workload=third.workload, why="A waiver lapsed.", by=cast.head, at=given)
    return found


def test_every_campaign_has_its_line_with_how_far_it_is(cast, page, campaign):
    found = rows(page(cast.head), CAMPAIGNS)
    assert [(row["name"], row["state"], row["reviews"], row["reviewed"], row["overdue"]) for row in found] == [
        ("Fourth quarter", "open", 3, 1, 2),
        ("Tier 1", "closed", 1, 0, 0),
    ]
    assert [(row["filter"], row["opened_by"], row["closed_by"]) for row in found] == [
        ("", "Maren Holt", ""),
        ("tier=1", "Maren Holt", "Maren Holt"),
    ]
    assert found[0]["due_on"] == campaign.due_on.isoformat()
    assert found[0]["opened_at_utc"] == f"{campaign.opened_at:%Y-%m-%d %H:%M:%S}"


def test_what_was_late_when_a_campaign_was_closed_is_late_in_page_file_and_json_and_what_became_so_later_is_not(
    cast, page, campaign
):
    closed, client = Campaign.objects.get(name="Tier 1"), page(cast.head)
    assert closed.due_on < organisation_today(timezone.now())
    for late, due_on in ((0, closed.due_on), (1, organisation_today(closed.closed_at) - dt.timedelta(days=1))):
        Campaign.objects.filter(pk=closed.pk).update(due_on=due_on)
        assert rows(client, CAMPAIGNS)[1]["overdue"] == late
        assert client.get("/api/v1/campaigns/").json()["results"][1]["overdue"] == late
        assert client.get(f"/api/v1/campaigns/{closed.pk}/").json()["overdue"] == late
        assert ("1 overdue" in client.get(closed.get_absolute_url()).text) is bool(late)


def test_every_review_of_a_campaign_has_its_line_the_open_ones_first(cast, page, campaign):
    until = organisation_today(timezone.now()) + dt.timedelta(days=9)
    Waiver.objects.create(
        workload=cast.workload, finding="a", title="Found", reason="Because.", conditions="None.", state="granted",
        ends_on=until, requested_at=timezone.now(), requested_by=cast.head, granted_at=timezone.now(),
        granted_by=cast.sponsor,
    )  # fmt: skip
    CampaignReview.objects.filter(workload=cast.workload, campaign=campaign).update(nudged_on=campaign.due_on)
    found = rows(page(cast.head), reviews_of(campaign))
    assert [(row["workload"], row["state"]) for row in found] == [
        ("Payment Hub", "open"),
        ("Load 01", "open"),
        ("Load 00", "reviewed"),
    ]
    hub, due_early, given = found
    target = Classification.objects.get(workload=cast.workload)
    assert hub == {
        "workload_number": cast.workload.pk, "workload": "Payment Hub", "reference": "APP-1", "team": "Payments",
        "target": target.pk, "tier": 1, "rto_seconds": target.rto_seconds, "rpo_seconds": target.rpo_seconds,
        "waived_until": until.isoformat(), "state": "open", "review_due": target.review_due_on.isoformat(),
        "due_early_because": "", "nudged_on": campaign.due_on.isoformat(),
    }  # fmt: skip
    assert (due_early["due_early_because"], due_early["waived_until"]) == ("A waiver lapsed.", None)
    assert (given["review_due"], given["nudged_on"]) == (None, None)


def test_only_the_reviews_of_this_campaign_are_in_its_file(cast, page, campaign):
    one = Campaign.objects.get(name="Tier 1")
    assert [(row["workload"], row["state"]) for row in rows(page(cast.head), reviews_of(one))] == [
        ("Payment Hub", "not reviewed")
    ]


def test_each_review_that_waits_has_its_line_with_what_has_changed(cast, page, campaign):
    services.change_workload(workload=cast.workload, by=cast.head, at=timezone.now(), purpose="Else.", tags=["a"])
    found = {row["workload"]: row for row in rows(page(cast.stakeholder), WAITING)}
    assert {name: row["what_has_changed"] for name, row in found.items()} == {
        "Payment Hub": "Description changed: purpose, tags.",
        "Load 01": "A waiver lapsed.",
    }
    signed = Classification.objects.get(workload=cast.workload).signed_off_at
    assert found["Payment Hub"]["last_signed_at_utc"] == f"{signed:%Y-%m-%d %H:%M:%S}"
    assert rows(page(cast.auditor), WAITING) == []


def test_the_file_of_what_waits_is_narrowed_as_its_page_is(cast, page, campaign):
    more_in_force(cast, 1, start=5)
    Classification.objects.update(review_due_on=organisation_today(timezone.now()))
    client = page(cast.stakeholder)
    assert {row["workload"] for row in rows(client, WAITING)} == {"Payment Hub", "Load 00", "Load 01", "Load 05"}
    narrowed = client.get("/workloads/reviews/", {"campaign": campaign.pk})
    assert f"{WAITING}?campaign={campaign.pk}&amp;as=csv" in narrowed.text
    assert {row["workload"] for row in rows(client, WAITING, campaign=campaign.pk)} == {"Payment Hub", "Load 01"}
    assert page(cast.stranger).get(WAITING, {"as": "csv", "campaign": campaign.pk}).status_code == 404


def test_nobody_reads_of_a_workload_that_she_may_not_see(cast, page, campaign):
    other = Team.objects.create(name="Claims")
    Workload.objects.filter(name="Load 01").update(owner_team=other)
    client = page(person("Clara Claims", team=other))
    for address in (reviews_of(campaign), CAMPAIGNS, WAITING):
        text = body(client, address, "csv").decode()
        assert "Payment Hub" not in text, address
        assert "Load 00" not in text, address
    assert [row["workload"] for row in rows(client, reviews_of(campaign))] == ["Load 01"]
    assert [(row["name"], row["reviews"], row["reviewed"]) for row in rows(client, CAMPAIGNS)] == [
        ("Fourth quarter", 1, 0)
    ]
    address = f"/api/v1/campaigns/{campaign.pk}/"
    told = client.get(address).json()
    assert (told["total"], [team["name"] for team in told["teams"]]) == (1, ["Claims"])
    assert [row["total"] for row in client.get("/api/v1/campaigns/").json()["results"]] == [1]
    assert [row["name"] for row in client.get(f"{address}reviews/").json()["results"]] == ["Load 01"]
    assert "0 of 1" in client.get("/workloads/campaigns/").text
    assert "Payment Hub" not in client.get(campaign.get_absolute_url()).text
    one = Campaign.objects.get(name="Tier 1")
    assert client.get(one.get_absolute_url()).status_code == 404
    assert client.get(reviews_of(one), {"as": "csv"}).status_code == 404
    assert page(cast.stranger).get(reviews_of(campaign), {"as": "csv"}).status_code == 404
    assert rows(page(cast.stranger), CAMPAIGNS) == []


def test_no_cell_is_a_formula(cast, page, campaign):
    Campaign.objects.filter(pk=campaign.pk).update(name="=1+1")
    Workload.objects.filter(pk=cast.workload.pk).update(name="@SUM(A1)", reference="-1")
    Classification.objects.filter(workload__name="Load 01").update(review_reasons=[{"kind": "said", "text": "+1"}])
    head, stakeholder = page(cast.head), page(cast.stakeholder)
    for client, address, cells in (
        (head, CAMPAIGNS, {"'=1+1"}),
        (head, reviews_of(campaign), {"'@SUM(A1)", "'-1", "'+1"}),
        (stakeholder, WAITING, {"'@SUM(A1)", "'-1"}),
    ):
        table = list(csv.reader(io.StringIO(body(client, address, "csv").decode("utf-8-sig"))))
        assert cells <= {cell for line in table for cell in line}, address
        assert not [cell for line in table for cell in line if cell[:1] in ("=", "@", "+", "-")], address
        with zipfile.ZipFile(io.BytesIO(body(client, address, "xlsx"))) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert all(cell in sheet for cell in cells), address
    assert rows(head, CAMPAIGNS)[0]["name"] == "=1+1"  # a program reads it as it is


def test_another_form_is_not_found(cast, page, campaign):
    for address in (CAMPAIGNS, reviews_of(campaign), WAITING):
        assert page(cast.head).get(address, {"as": "pdf"}).status_code == 404


def test_the_pages_lead_to_their_files(cast, page, campaign):
    client = page(cast.head)
    assert f'href="{CAMPAIGNS}?as=xlsx"' in client.get("/workloads/campaigns/").text
    assert f'href="{reviews_of(campaign)}?as=json"' in client.get(campaign.get_absolute_url()).text


def test_a_file_costs_the_same_for_few_rows_and_for_many_and_more_only_by_the_batch(cast, page, campaign, monkeypatch):
    def costs():
        found = {}
        for who, address in ((cast.head, CAMPAIGNS), (cast.head, reviews_of(campaign)), (cast.stakeholder, WAITING)):
            client = page(who)
            with CaptureQueriesContext(connection) as captured:
                lines = rows(client, address)
            found[address] = (len(lines), len(captured))
        return found

    few = costs()
    for target in more_in_force(cast, 4, start=10):
        CampaignReview.objects.create(campaign=campaign, target=target, workload=target.workload)
    for number in range(4):
        opened(cast, name=f"More {number}", at=timezone.now())
    many = costs()
    assert {address: asked for address, (_, asked) in few.items()} == {
        address: asked for address, (_, asked) in many.items()
    }
    assert all(many[address][0] > few[address][0] for address in few)
    monkeypatch.setattr(views_files, "BATCH", 2)
    assert {address: lines for address, (lines, _) in costs().items()} == {
        address: lines for address, (lines, _) in many.items()
    }
