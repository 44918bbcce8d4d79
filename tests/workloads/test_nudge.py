"""Nudging: everybody whose reviews are open, once a day a review."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.errors import NotAllowed, WrongState
from audit.models import Event
from communications.models import Message
from people.models import RoleAssignment
from tests.cast import give, make_cast, person, proof
from tests.past import rewriting_history
from tests.races import at_once, done
from tests.workloads.campaigns import OPENED, in_force, more_in_force, opened, seen
from workloads.campaigns.queries import by_team, whole
from workloads.campaigns.services import close_campaign, nudge, reaffirm_many
from workloads.models import Lifecycle
from workloads.services import change_workload

DAY = dt.timedelta(days=1)


def _nudge(cast, campaign, at=OPENED + DAY, by=None):
    return nudge(campaign=campaign, by=by or cast.head, at=at)


def test_one_message_a_person_names_what_is_open(cast):
    first, kept = in_force(cast), more_in_force(cast, 1)[0]
    campaign = opened(cast)
    reaffirm_many(seen=[seen(kept)], by=cast.stakeholder, at=OPENED + DAY, proof=proof(OPENED + DAY))
    with rewriting_history():
        Message.objects.all().delete()
    assert _nudge(cast, campaign) == [cast.stakeholder]
    message = Message.objects.get()
    assert message.purpose == "campaign-nudge"
    assert first.workload.name in message.body
    assert kept.workload.name not in message.body
    event = Event.objects.get(kind="campaign.nudged")
    assert event.after == {"reviews": 1, "told": ["Priya Raman"]}


def test_a_review_is_nudged_once_a_day(cast):
    in_force(cast)
    campaign = opened(cast)
    _nudge(cast, campaign)
    with pytest.raises(WrongState, match="nudged today"):
        _nudge(cast, campaign, OPENED + DAY + dt.timedelta(hours=1))
    assert _nudge(cast, campaign, OPENED + 2 * DAY) == [cast.stakeholder]


def test_with_nothing_open_nobody_is_nudged(cast):
    target = in_force(cast)
    campaign = opened(cast)
    reaffirm_many(seen=[seen(target)], by=cast.stakeholder, at=OPENED, proof=proof(OPENED))
    with pytest.raises(WrongState, match="No review is open"):
        _nudge(cast, campaign)


def test_a_closed_campaign_nudges_nobody_and_is_closed_once(cast):
    in_force(cast)
    campaign = opened(cast)
    close_campaign(campaign=campaign, by=cast.head, at=OPENED + DAY)
    for deed in (nudge, close_campaign):
        with pytest.raises(WrongState, match="is closed"):
            deed(campaign=campaign, by=cast.head, at=OPENED + 2 * DAY)
    assert Event.objects.get(kind="campaign.closed").after == {"reviews": 1, "done": 0}


@pytest.mark.parametrize("who", ["owner", "stakeholder", "auditor", "stranger"])
def test_who_has_no_right_to_nudges_and_closes_nothing(cast, who):
    in_force(cast)
    campaign = opened(cast)
    for deed in (nudge, close_campaign):
        with pytest.raises(NotAllowed):
            deed(campaign=campaign, by=getattr(cast, who), at=OPENED)


def test_page_and_api_nudge_and_close(cast, page):
    in_force(cast)
    campaign, client = opened(cast), page(cast.head)
    address = campaign.get_absolute_url()
    assert "Nudged. 1 person has a message" in client.post(f"{address}nudge/", follow=True).text
    assert client.post(f"/api/v1/campaigns/{campaign.pk}/nudge/").status_code == 409
    assert "0 of 1 reviewed, 1 still open" in client.get(f"{address}close/").text
    assert client.post(f"/api/v1/campaigns/{campaign.pk}/close/").status_code == 200
    assert "is closed" in client.post(f"{address}close/", follow=True).text
    assert "1 left open" in client.get(address).text


def test_what_happens_after_it_was_closed_does_not_count(cast):
    target = in_force(cast)
    campaign = close_campaign(campaign=opened(cast), by=cast.head, at=OPENED + DAY)
    reaffirm_many(seen=[seen(target)], by=cast.stakeholder, at=OPENED + 2 * DAY, proof=proof(OPENED + 2 * DAY))
    assert whole(by_team(campaign.reviews.all(), on=OPENED.date())).done == 0


def test_a_target_replaced_after_it_was_closed_was_not_reviewed_for_it(cast):
    in_force(cast)
    campaign = close_campaign(campaign=opened(cast), by=cast.head, at=OPENED + DAY)
    in_force(cast, tier=2, at=OPENED + 2 * DAY)
    assert whole(by_team(campaign.reviews.all(), on=OPENED.date())).done == 0


def test_what_was_reaffirmed_before_it_was_opened_is_to_be_reviewed_again(cast):
    target, early = in_force(cast), OPENED - DAY
    reaffirm_many(seen=[seen(target)], by=cast.stakeholder, at=early, proof=proof(early))
    campaign = opened(cast)
    assert whole(by_team(campaign.reviews.all(), on=OPENED.date())).done == 0
    assert _nudge(cast, campaign) == [cast.stakeholder]


def test_what_is_retired_has_nothing_left_to_review(cast):
    in_force(cast)
    campaign = opened(cast)
    change_workload(workload=cast.workload, by=cast.head, at=OPENED, lifecycle=Lifecycle.RETIRED)
    assert whole(by_team(campaign.reviews.all(), on=OPENED.date())).done == 1
    with pytest.raises(WrongState, match="No review is open"):
        _nudge(cast, campaign)


def test_without_stakeholder_and_team_the_head_hears(cast):
    in_force(cast)
    campaign = opened(cast)
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id__isnull=False).delete()
    assert _nudge(cast, campaign) == [cast.head]
    give("workload-team", person("Nora New"), workload=cast.workload)
    assert [who.name for who in _nudge(cast, campaign, OPENED + 2 * DAY)] == ["Nora New"]


@pytest.mark.django_db(transaction=True)
def test_nudged_twice_at_once_everybody_hears_once():
    cast = make_cast()
    in_force(cast)
    campaign = opened(cast)
    outcomes = at_once(*[lambda: _nudge(cast, campaign)] * 2)
    assert done(outcomes) == 1
    assert Message.objects.filter(purpose="campaign-nudge").count() == 1
