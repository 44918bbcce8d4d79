"""Opening a review campaign: the reviews of a part of the register, asked for in one deed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.http import QueryDict
from django.utils import timezone

from audit.errors import Invalid, NotAllowed
from audit.models import Event
from communications.models import Delivery, Message
from people.models import organisation_today
from people.permissions import CONTINUITY_PLANNER, WORKLOAD_OWNER
from tests.cast import NOW, give, make_cast, person, proof, propose
from tests.past import rewriting_history
from tests.races import at_once, done
from tests.workloads.campaigns import DUE, OPENED, in_force, more_in_force, opened, seen
from workloads import services
from workloads.campaigns.services import open_campaign, reaffirm_many
from workloads.models import Campaign, Classification, Lifecycle


def test_every_target_in_force_that_the_filter_finds_is_to_be_reviewed(cast):
    in_force(cast, tier=1)
    two = more_in_force(cast, 2)
    campaign = opened(cast, "tier=2")
    assert [review.target for review in campaign.reviews.all()] == two
    assert campaign.chosen_by == {"tier": ["2"]}


def test_a_later_due_date_moves_to_the_campaign_and_an_earlier_one_stays(cast):
    later = in_force(cast)
    earlier = more_in_force(cast, 1)[0]
    soon = organisation_today(OPENED) + dt.timedelta(days=3)
    Classification.objects.filter(pk=earlier.pk).update(review_due_on=soon)
    opened(cast)
    assert [Classification.objects.get(pk=target.pk).review_due_on for target in (later, earlier)] == [DUE, soon]


def test_a_target_that_was_reaffirmed_for_that_very_day_keeps_its_later_one(cast):
    target = in_force(cast)
    Classification.objects.filter(pk=target.pk).update(review_due_on=DUE)
    early = OPENED - dt.timedelta(days=1)
    reaffirm_many(seen=[seen(target)], by=cast.stakeholder, at=early, proof=proof(early))
    later = Classification.objects.get().review_due_on
    opened(cast)
    assert DUE < later == Classification.objects.get().review_due_on
    assert Event.objects.get(kind="campaign.opened").after["moved"] == 0


def test_the_trail_has_one_line_for_all_of_it(cast):
    targets = [in_force(cast), *more_in_force(cast, 2)]
    opened(cast)
    event = Event.objects.get(kind="campaign.opened")
    assert event.after == {
        "name": "Fourth quarter",
        "due": DUE.isoformat(),
        "filter": {},
        "reviews": 3,
        "moved": 3,
        "workloads": sorted(target.workload_id for target in targets),
    }


def test_each_person_gets_one_message_with_her_list(cast):
    in_force(cast)
    more_in_force(cast, 2)
    give(WORKLOAD_OWNER, cast.owner, workload=cast.workload)
    with rewriting_history():
        Message.objects.all().delete()
    opened(cast)
    told = dict(Delivery.objects.values_list("user__name", "message__body"))
    assert set(told) == {"Priya Raman", "Tomas Reyes"}
    assert all(name in told["Priya Raman"] for name in ("Payment Hub", "Load 00", "Load 01", "3 reviews"))
    assert "Payment Hub" in told["Tomas Reyes"]
    assert "Load 00" not in told["Tomas Reyes"]


def test_proposals_and_retired_workloads_are_left_out(cast):
    propose(cast)
    retired = more_in_force(cast, 1)[0].workload
    services.change_workload(workload=retired, by=cast.head, at=NOW, lifecycle=Lifecycle.RETIRED)
    with pytest.raises(Invalid, match="No workload with a signed target"):
        opened(cast)
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"due_on": organisation_today(OPENED) - dt.timedelta(days=1)}, "due_on"),
        ({"due_on": organisation_today(OPENED) + dt.timedelta(days=500)}, "due_on"),
        ({"params": QueryDict("tier=9")}, "filter"),
        ({"params": QueryDict("tier=3")}, "filter"),
        ({"name": "Fourth quarter"}, "name"),
    ],
)
def test_what_makes_no_sense_opens_nothing(cast, values, field):
    in_force(cast)
    opened(cast)
    usual = {"name": "Another", "due_on": DUE, "params": QueryDict()}
    with pytest.raises(Invalid) as refused:
        open_campaign(by=cast.head, at=OPENED, **(usual | values))
    assert list(refused.value.fields) == [field]
    assert Campaign.objects.count() == 1


@pytest.mark.parametrize("who", ["owner", "stakeholder", "sponsor", "auditor", "platform", "stranger"])
def test_who_has_no_right_to_opens_none(cast, page, who):
    in_force(cast)
    with pytest.raises(NotAllowed):
        open_campaign(by=getattr(cast, who), at=OPENED, name="Mine", due_on=DUE, params=QueryDict())
    assert page(getattr(cast, who)).get("/workloads/campaigns/open/").status_code == 404


def test_the_page_shows_which_before_and_opens_them(cast, page):
    in_force(cast)
    more_in_force(cast, 2)
    client = page(person("Berit Plan", role=CONTINUITY_PLANNER))
    shown = client.get("/workloads/campaigns/open/?tier=2")
    assert "2 signed targets of 1 team would be asked for" in shown.text
    assert "Payment Hub" not in shown.text
    due = organisation_today(timezone.now()) + dt.timedelta(days=9)
    form = {"name": "Tier 2", "due_on": due.isoformat()}
    answer = client.post("/workloads/campaigns/open/?tier=2", form, follow=True)
    assert "0 of 2 reviewed" in answer.text
    again = client.post("/workloads/campaigns/open/?tier=2", form)
    assert again.status_code == 422
    assert "Another campaign has this name." in again.text
    assert client.get("/workloads/campaigns/").text.count("0 of 2") == 1


def test_the_api_opens_one(cast, page):
    in_force(cast)
    client = page(cast.head)
    due = (organisation_today(timezone.now()) + dt.timedelta(days=9)).isoformat()
    body = {"name": "Tier 1", "due_on": due, "filter": {"tier": ["1"]}}
    answer = client.post("/api/v1/campaigns/", body, content_type="application/json")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["total"], answer.json()["done"], answer.json()["teams"][0]["name"]) == (1, 0, "Payments")
    found = client.get(f"/api/v1/campaigns/{answer.json()['id']}/reviews/").json()["results"]
    assert [(row["workload"], row["done"]) for row in found] == [(cast.workload.pk, False)]
    assert client.post("/api/v1/campaigns/", body, content_type="application/json").status_code == 400
    assert page(cast.owner).post("/api/v1/campaigns/", body, content_type="application/json").status_code == 403


def test_a_stranger_finds_no_campaign(cast, page):
    in_force(cast)
    campaign = opened(cast)
    assert page(cast.stranger).get(campaign.get_absolute_url()).status_code == 404
    assert page(cast.stranger).get(f"/api/v1/campaigns/{campaign.pk}/").status_code == 404
    assert page(cast.owner).get(campaign.get_absolute_url()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_opened_twice_at_once_it_is_opened_once():
    cast = make_cast()
    in_force(cast)
    outcomes = at_once(*[lambda: opened(cast)] * 2)
    assert done(outcomes) == 1
    assert Campaign.objects.get().reviews.count() == 1
    assert Message.objects.filter(purpose="campaign-opened").count() == 1


def test_a_thousand_reviews_are_opened_in_a_handful_of_queries(cast, django_assert_max_num_queries):
    in_force(cast)
    more_in_force(cast, 6)
    with django_assert_max_num_queries(26):
        opened(cast)
