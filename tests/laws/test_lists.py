"""A list costs the same number of queries for one row and for three, for one and for fifty."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communications.purposes import Purpose
from communications.services import compose
from drills import services as drills
from drills.models import DrillKind
from people.models import Team
from tests.cast import NOW, PASSWORD, give, open_gates, person
from tests.workloads.campaigns import more_in_force, opened
from tests.workloads.parts import add_component, add_dependency, add_failure_mode, add_flow, add_third_party
from workloads import services as workloads
from workloads.campaigns import views
from workloads.models import Tier, Waiver

LISTS = (
    "/workloads/findings/", "/api/v1/findings/",
    "/", "/workloads/", "/drills/?view=all", "/messages/", "/people/", "/people/roles/", "/people/teams/", "/signoffs/",
    "/trail/", "/api/v1/workloads/", "/api/v1/classifications/", "/api/v1/signoffs/", "/api/v1/drills/", "/api/v1/messages/",
    "/api/v1/people/", "/api/v1/roles/", "/api/v1/events/", "/workloads/campaigns/", "/workloads/reviews/", "/api/v1/campaigns/",
    "/people/assignments/", "/people/assignments/?gap=missing", "/api/v1/assignments/",
    "/workloads/third-parties/", "/workloads/import/mappings/", "/api/v1/flows/", "/api/v1/components/", "/api/v1/failure-modes/",
    "/api/v1/dependencies/", "/api/v1/third-parties/", "/workloads/waivers/", "/workloads/waivers/?view=asked",
    "/api/v1/waivers/", "/api/v1/impact/", "/api/v1/saved-views/", "/api/v1/reviews/",
)  # fmt: skip


def _grow(cast, numbers):
    """For each number a workload in a team of its own, proposed and sent, with a drill, a message and a person."""
    for number in numbers:
        team = Team.objects.create(name=f"Team {number}")
        load = workloads.add_workload(
            by=cast.head, at=NOW, name=f"Load {number:03}", purpose="For lists.", owner_team=team, tags=["a"]
        )
        owner = person(f"Person {number:03}", team=team)
        give("business-stakeholder", cast.stakeholder, deputy=owner, workload=load)
        open_gates(load, owner)
        tier = Tier.objects.get(pk=2)
        target = workloads.propose(
            workload=load,
            by=owner,
            at=NOW,
            tier=tier,
            slo=tier.slo_floor or 0,
            rto_seconds=60,
            rpo_seconds=60,
            reason="Why not.",
            differs_reason="For lists.",
        )
        workloads.send_for_signature(classification=target, by=owner, at=NOW)
        _take_apart(cast, load, number)
        _waive(cast, load)
        drills.schedule(
            workload=load, by=owner, at=NOW, kind=DrillKind.RESTORE, window_start=NOW + dt.timedelta(days=2),
            window_end=NOW + dt.timedelta(days=2, hours=1), coordinator=owner, success_criteria="Back.",
            participants=[cast.head],
        )  # fmt: skip
        compose(
            Purpose.CLASSIFICATION_WITHDRAWN, to=[cast.head, owner], thread=load.trail_thread, path="/",
            context={"workload": load.name, "who": owner.name}, by=owner, at=NOW,
        )  # fmt: skip


def _waive(cast, load):
    """A waiver in force and one asked for, of findings that came after it was sent; rows, for no list asks for their deeds."""
    text = {
        "title": "Found",
        "reason": "Because.",
        "conditions": "None.",
        "ends_on": NOW.date() + dt.timedelta(days=90),
    }
    asked = {"workload": load, "requested_at": NOW, "requested_by": cast.head} | text
    Waiver.objects.create(finding="a", state="granted", granted_at=NOW, granted_by=cast.sponsor, **asked)
    Waiver.objects.create(finding="b", **asked)


def _take_apart(cast, load, number):
    """What it does, is made of and needs: one of each kind."""
    of_load = {"workload": load, "by": cast.head}
    part = add_component(cast, **of_load)
    need = add_dependency(cast, cast.workload, **of_load)
    add_dependency(cast, third_party=add_third_party(cast, f"Vendor {number:03}"), **of_load)
    flow = add_flow(cast, components=[part], dependencies=[need], **of_load)
    add_failure_mode(cast, component=part, flows=[flow], **of_load)


def _costs(client):
    found = {}
    for path in LISTS:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        assert answer.status_code == 200, path
        found[path] = len(captured)
    return found


@pytest.mark.django_db
def test_a_list_costs_the_same_for_one_row_for_three_and_for_fifty(cast):
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    _grow(cast, range(1))
    one = _costs(client)
    _grow(cast, range(1, 3))
    three = _costs(client)
    _grow(cast, range(3, 50))
    fifty = _costs(client)
    growing = {
        path: (one[path], three[path], fifty[path]) for path in LISTS if not one[path] == three[path] == fifty[path]
    }
    assert not growing


@pytest.mark.django_db
def test_lists_ask_few_questions(cast):
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    _grow(cast, range(2))
    costs = _costs(client)
    assert costs.pop("/") <= 12  # two of them: what waits for a second person, and signs of life
    assert costs.pop("/people/") <= 11  # two choices of its filter, and the vacancies its tabs count
    # Its tabs count each gap, the tabs above it the vacancies, and its filter offers the roles.
    assert [costs.pop(f"/people/assignments/{tab}") <= 11 for tab in ("", "?gap=missing")] == [True, True]
    assert {path: cost for path, cost in costs.items() if cost > 8} == {}


OF_CAMPAIGN = (
    "/workloads/campaigns/{pk}/", "/api/v1/campaigns/{pk}/", "/api/v1/campaigns/{pk}/reviews/",
    "/api/v1/campaigns/{pk}/reviews/?page_size=2", "/workloads/reviews/?campaign={pk}",
    "/api/v1/reviews/?campaign={pk}",
)  # fmt: skip


@pytest.mark.django_db
def test_the_pages_of_a_campaign_cost_the_same_for_one_review_for_three_and_for_nine(cast, monkeypatch):
    """Of who leads it and of who has all the reviews; nine are more than a page has room for."""
    monkeypatch.setattr(views, "PER_PAGE", 4)
    costs: dict[int, dict[tuple[str, str], int]] = {}
    have = 0
    for more in (1, 2, 6):
        targets = more_in_force(cast, more, start=have)
        have += more
        campaign = opened(cast, name=f"Campaign of {have}", at=targets[0].signed_off_at)
        assert campaign.reviews.count() == have
        costs[have] = {
            (who.name, path): _cost(who, path.format(pk=campaign.pk))
            for who in (cast.head, cast.stakeholder)
            for path in OF_CAMPAIGN
        }
    assert costs[1] == costs[3] == costs[9]
    assert {place: cost for place, cost in costs[9].items() if cost > 28} == {}


def _cost(who, path):
    client = Client()
    assert client.login(email=who.email, password=PASSWORD)
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200, path
    return len(captured)
