"""A waiver shows wherever the target shows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from django.test import Client
from django.utils import timezone

from communications.models import Message
from drportal.search import search
from people.models import organisation_today
from people.wording import date_words
from signoffs.documents import digest
from tests.cast import NOW, PASSWORD, proof, propose, put_in_force
from tests.drills.play import planned
from tests.workloads.campaigns import more_in_force, opened
from tests.workloads.parts import add_dependency
from tests.workloads.waivers import request_waiver
from workloads import reviews, services
from workloads.models import Classification, Waiver
from workloads.reminders import remind_of_reviews
from workloads.signing import classification_document

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


def rows_of(text):
    """What each row of a list says, its tags left out."""
    return [re.sub(r"<[^>]+>", "", row) for row in re.findall(r'(?s)<li class="p-ask".*?</li>', text)]


def test_home_says_it_in_the_rows_that_name_a_target_and_in_no_other(cast, page):
    target, bare = put_in_force(cast), more_in_force(cast, 1)[0]
    waive(cast, 9)
    Classification.objects.update(review_due_on=organisation_today(timezone.now()))
    propose(cast, tier=2)
    reviews = rows_of(page(cast.stakeholder).get("/").text)
    assert {row.split(":")[0].split()[-1]: SAID in row for row in reviews} == {"Hub": True, "00": False}
    (draft,) = rows_of(page(cast.owner).get("/").text)
    assert "is not sent yet" in draft
    assert SAID in draft
    assert target.workload != bare.workload


def test_home_and_the_list_say_it_of_a_target_that_waits_for_a_signature(cast, page):
    sent = services.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    for is_waived in (False, True):
        if is_waived:
            waive(cast, 9)
        for address in ("/", "/signoffs/?view=waiting"):
            (row,) = rows_of(page(cast.stakeholder).get(address).text)
            assert (SAID in row) is is_waived, address
        for who, address in ((cast.stakeholder, f"/signoffs/{sent.pk}/sign/"), (cast.auditor, f"/signoffs/{sent.pk}/")):
            shown = page(who).get(address).text
            assert "Back within" in shown
            assert (SAID in shown) is is_waived, address


def test_a_waiver_that_waits_for_its_own_signature_is_no_target(cast, page):
    waive(cast, 9)
    request_waiver(cast)
    for address in ("/", "/signoffs/?view=waiting"):
        (row,) = rows_of(page(cast.sponsor).get(address).text)
        assert "No user flow is written down. " in row
        assert SAID not in row, address


@pytest.mark.parametrize(
    "address",
    ["propose/", "flows/", "impact/", "/workloads/classifications/{target}/"],
)
def test_the_pages_of_a_workload_that_show_its_target_say_it(cast, page, address):
    target, client = put_in_force(cast), page(cast.head)
    address = address if address.startswith("/") else f"/workloads/{{workload}}/{address}"
    address = address.format(workload=cast.workload.pk, target=target.pk)
    assert SAID not in client.get(address).text
    until = waive(cast, 9)
    waive(cast, 20, finding="b")
    assert SAID in (shown := client.get(address).text)
    assert f"{until:%-d}" in shown.split(SAID)[1][:12]


def test_who_plans_a_drill_reads_what_is_waived_of_the_target_that_judges_it(cast, page):
    waive(cast, 9)
    address = f"/drills/new/?workload={cast.workload.pk}"
    before = page(cast.owner).get(address)
    assert "No target is signed." in before.text
    assert "Read the waiver" not in before.text
    put_in_force(cast)
    assert "Read the waiver" in page(cast.owner).get(address).text


def test_who_takes_part_in_a_drill_of_a_workload_that_she_may_not_see_reads_no_waiver(cast, page):
    waive(cast, 9)
    drill = planned(cast, participants=[cast.stranger])
    for who, reads in ((cast.owner, True), (cast.stranger, False)):
        shown = page(who).get(drill.get_absolute_url())
        assert shown.status_code == 200
        assert ("Read the waiver" in shown.text) is reads, who


def test_a_flow_with_its_own_targets_says_nothing_of_those_of_the_workload(cast, page):
    put_in_force(cast)
    waive(cast, 9)
    cast.workload.flows.update(rto_seconds=60, rpo_seconds=60)
    assert SAID not in page(cast.head).get(f"/workloads/{cast.workload.pk}/flows/").text
    cast.workload.flows.update(rpo_seconds=None)
    assert SAID in page(cast.head).get(f"/workloads/{cast.workload.pk}/flows/").text


def test_taking_a_proposal_back_says_it_and_a_past_target_does_not(cast, page):
    proposal, client = propose(cast), page(cast.owner)
    waive(cast, 9)
    assert SAID in client.get(f"/workloads/classifications/{proposal.pk}/withdraw/").text
    assert SAID in client.get(proposal.get_absolute_url()).text
    services.withdraw(classification=proposal, by=cast.owner, at=timezone.now())
    assert SAID not in client.get(proposal.get_absolute_url()).text


def test_letters_about_a_target_say_it(cast):
    until = f"{SAID} {date_words(waive(cast, 400))}"
    target = put_in_force(cast)
    reviews.reaffirm(
        classification=target,
        by=cast.stakeholder,
        at=NOW,
        proof=proof(),
        digest=digest(classification_document(target)),
    )
    remind_of_reviews(at=dt.datetime.combine(Classification.objects.get().review_due_on, dt.time(12), tzinfo=dt.UTC))
    for purpose in ("signature-requested", "classification-signed-off", "classification-reaffirmed", "review-due"):
        assert until in Message.objects.filter(purpose=purpose).first().body, purpose


def test_letters_say_nothing_of_a_waiver_that_is_over_by_then(cast):
    waive(cast, 30)
    target = put_in_force(cast)
    remind_of_reviews(at=dt.datetime.combine(target.review_due_on, dt.time(12), tzinfo=dt.UTC))
    assert SAID in Message.objects.filter(purpose="signature-requested").first().body
    assert SAID not in Message.objects.filter(purpose="review-due").first().body


def test_a_dependency_says_it_of_what_is_needed_and_the_map_of_the_workload_itself(cast, page):
    put_in_force(cast)
    above = more_in_force(cast, 1)[0].workload
    add_dependency(cast, cast.workload, workload=above, by=cast.head)
    addresses = f"/workloads/{above.pk}/dependencies/", f"/workloads/{cast.workload.pk}/map/"
    for is_waived in (False, True):
        if is_waived:
            waive(cast, 9)
        for address in addresses:
            assert (SAID in page(cast.head).get(address).text) is is_waived, address


def test_a_drill_in_json_says_it_to_who_may_see_the_workload(cast, page):
    drill = planned(cast, participants=[cast.stranger])
    cast.stranger.teams.clear()
    addresses = f"/api/v1/drills/{drill.pk}/", "/api/v1/drills/"

    def said(user):
        one, many = (page(user).get(address).json() for address in addresses)
        return one["waived_until"], many["results"][0]["waived_until"]

    assert said(cast.head) == (None, None)
    until = waive(cast, 9).isoformat()
    assert said(cast.head) == said(cast.owner) == (until, until)
    assert said(cast.stranger) == (None, None)
    values = {"reason": "Not now."}
    cancelled = (
        page(cast.head).post(f"/api/v1/drills/{drill.pk}/cancel/", values, content_type="application/json").json()
    )
    assert cancelled["waived_until"] == until
