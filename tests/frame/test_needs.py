"""What waits for a person is counted on every page, as Home counts it, in one question."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from drills import gaps
from drills import services as drills
from drills.models import DrillKind
from drportal.needs import asks_of, count_for
from people.models import organisation_today
from people.permissions import BUSINESS_STAKEHOLDER
from signoffs.queries import slots_waiting_for
from signoffs.services import sign
from tests.cast import NOW, PASSWORD, give, open_gates, proof, propose, put_in_force
from tests.workloads.waivers import request_waiver
from workloads.services import add_workload, send_for_signature

TODAY = organisation_today(NOW)


@pytest.fixture(autouse=True)
def nothing_counted_yet():
    cache.clear()


@pytest.fixture
def asked(cast):
    """A target in force whose review comes up, another one to sign, a draft, a drill and a gap to mend."""
    put_in_force(cast)
    proposal = propose(cast, tier=2)
    drill = drills.schedule(
        workload=cast.workload, by=cast.owner, at=NOW, kind=DrillKind.RESTORE, window_start=NOW + dt.timedelta(hours=1),
        window_end=NOW + dt.timedelta(hours=3), coordinator=cast.owner, success_criteria="Back.", participants=[cast.head],
    )  # fmt: skip
    drills.start(drill=drill, by=cast.owner, at=NOW + dt.timedelta(hours=1))
    gaps.open_action(
        drill=drill, by=cast.owner, at=NOW + dt.timedelta(hours=2), title="Slow names", owner=cast.owner,
        due_on=TODAY + dt.timedelta(days=9),
    )  # fmt: skip
    draft = count_for(cast.owner, today=TODAY)
    send_for_signature(classification=proposal, by=cast.owner, at=NOW)
    return {"draft": draft}


@pytest.mark.parametrize(
    ("who", "number"), [("owner", 2), ("head", 2), ("sponsor", 0), ("stakeholder", 1), ("stranger", 0)]
)
@pytest.mark.parametrize("days", [0, 75])
def test_the_count_is_that_of_the_home_page(cast, asked, who, number, days):
    today = TODAY + dt.timedelta(days=days)
    user = getattr(cast, who)
    assert count_for(user, today=today) == asks_of(user, today=today, on=today).total
    if not days:
        assert count_for(user, today=today) == number


def test_a_draft_waits_for_who_wrote_it(cast, asked):
    assert asked["draft"] == 3  # draft, drill, gap


def questions(user):
    with CaptureQueriesContext(connection) as captured:
        count_for(user, today=TODAY)
    return len(captured)


def test_it_costs_one_question_and_another_one_when_something_was_done(cast, asked):
    assert [questions(cast.head) for _ in range(3)] == [1, 1, 1]
    slot = slots_waiting_for(cast.head, on=TODAY).first()
    sign(request=slot.request, by=cast.head, at=NOW, proof=proof(), digest=slot.request.digest)
    assert [questions(cast.head) for _ in range(2)] == [2, 1]


def test_what_one_has_done_is_counted_at_once(cast, asked):
    before = count_for(cast.head, today=TODAY)
    slot = slots_waiting_for(cast.head, on=TODAY).first()
    sign(request=slot.request, by=cast.head, at=NOW, proof=proof(), digest=slot.request.digest)
    assert count_for(cast.head, today=TODAY) == before - 1


def test_what_others_have_done_is_counted_within_a_minute(cast, asked):
    count_for(cast.sponsor, today=TODAY)
    put_in_review(cast)
    assert count_for(cast.sponsor, today=TODAY) == 0
    cache.clear()
    assert count_for(cast.sponsor, today=TODAY) == 1


def put_in_review(cast):
    workload = add_workload(by=cast.head, at=NOW, name="Claims Desk", purpose="Claims.", owner_team=cast.team)
    give(BUSINESS_STAKEHOLDER, cast.stakeholder, workload=workload)
    open_gates(workload, cast.owner)
    target = propose(replace(cast, workload=workload), tier=1)
    send_for_signature(classification=target, by=cast.owner, at=NOW)


def test_every_page_shows_it(cast):
    target = propose(cast, at=NOW)
    send_for_signature(classification=target, by=cast.owner, at=NOW)
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    for path in ("/", "/workloads/", "/people/me/", "/nothing-here/"):
        assert '1<span class="visually-hidden"> need you</span>' in client.get(path).text, path


def test_what_is_to_be_signed_is_said_in_whole_sentences(cast):
    """A promise ends with a full stop of its own, what is waived does not."""
    propose(cast)
    request_waiver(cast)
    (waiver,) = asks_of(cast.sponsor, today=TODAY, on=TODAY).listed
    assert waiver.why.endswith("No user flow is written down. You are asked as executive sponsor.")
