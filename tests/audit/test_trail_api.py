from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from audit import sealing
from audit.kinds import Kind
from audit.services import PORTAL, record
from people.models import Team, User
from people.services import issue_token

AT = dt.datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=dt.UTC)
EVENTS = "/api/v1/events/"


@pytest.fixture
def story(team: Team) -> None:
    record(Kind.TEAM_ADDED, team, by=PORTAL, at=AT, after={"name": "Payments"})
    sealing.seal(at=AT)
    record(Kind.TEAM_CHANGED, team, by=PORTAL, at=AT + dt.timedelta(hours=1), before={"n": 1}, after={"n": 2})


@pytest.mark.usefixtures("story")
def test_the_api_tells_the_same_as_the_page(reading: Client):
    body = reading.get(EVENTS).json()
    assert body["count"] == 2
    newest, oldest = body["results"]
    assert (newest["kind"], newest["what"], newest["position"], newest["digest"]) == (
        "team.changed", "Team changed", None, None
    )  # fmt: skip
    assert (oldest["position"], oldest["digest"]) == (1, sealing.head().digest.hex())
    assert dt.datetime.fromisoformat(oldest["at"]) == AT
    assert (newest["before"], newest["after"]) == ({"n": 1}, {"n": 2})


@pytest.mark.usefixtures("story")
def test_the_api_filters_orders_and_pages(reading: Client):
    def kinds(query: str) -> list[str]:
        return [event["kind"] for event in reading.get(f"{EVENTS}?{query}").json()["results"]]

    assert kinds("kind=team.added") == ["team.added"]
    assert kinds("ordering=at") == ["team.added", "team.changed"]
    assert kinds("since=2026-11-21T08:30:01Z") == ["team.changed"]
    assert kinds("subject=claims") == []
    assert kinds("page_size=1&page=2") == ["team.added"]
    assert reading.get(f"{EVENTS}?kind=no.such").status_code == 400
    [first, _] = reading.get(EVENTS).json()["results"]
    assert reading.get(f"{EVENTS}{first['id']}/").json() == first


@pytest.mark.usefixtures("story")
def test_the_api_costs_the_same_for_any_number_of_rows(reading: Client, team: Team, django_assert_max_num_queries):
    for n in range(10):
        record(Kind.TEAM_CHANGED, team, by=PORTAL, at=AT, after={"n": n})
    sealing.seal(at=AT)
    with django_assert_max_num_queries(8):
        reading.get(EVENTS)


@pytest.mark.usefixtures("story")
def test_nothing_can_be_written_through_the_api(reading: Client):
    for send in (reading.post, reading.put, reading.patch, reading.delete):
        assert send(EVENTS, {}, content_type="application/json").status_code in (403, 405)


@pytest.mark.usefixtures("story")
def test_a_stranger_gets_nothing_from_the_api(shut_out: Client, client: Client):
    assert shut_out.get(EVENTS).status_code in (403, 404)
    assert client.get(EVENTS).status_code in (401, 403)


@pytest.mark.usefixtures("story")
def test_a_read_token_reads(auditor: User, client: Client):
    _, key = issue_token(by=auditor, at=dt.datetime.now(dt.UTC), name="Archive", scope="read", days=1)
    assert client.get(EVENTS, headers={"Authorization": f"Bearer {key}"}).json()["count"] == 3
