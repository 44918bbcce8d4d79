"""The list of drills, its export, and the API's list."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from drills.models import Drill
from people.permissions import WORKLOAD_OWNER
from tests.cast import NOW, PASSWORD, give, person, put_in_force
from tests.drills.play import finished, in_state, planned, running
from tests.workloads.waivers import request_waiver, sign_waiver
from workloads import services as workloads
from workloads.gates.services import withdraw_waiver

HARMLESS = ["", "tab=upcoming", "tab=running", "tab=finished", "tab=all", "tab=x", "page=99", "page=x", "q=%00", "q=hub",
            "kind=x", "team=99999999999999999999999", "team=x", "verdict=met&tab=all", "tab=%00"]  # fmt: skip


@pytest.fixture
def signed_in(cast, client):
    client.login(email=cast.head.email, password=PASSWORD)
    return client


@pytest.mark.parametrize("query", HARMLESS)
@pytest.mark.parametrize("path", ["/drills/", "/drills/export/", "/drills/calendar/"])
def test_no_question_breaks_a_page(cast, signed_in, path, query):
    finished(cast)
    assert signed_in.get(f"{path}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("tab", "states"),
    [
        ("upcoming", {"planned"}),
        ("running", {"running"}),
        ("finished", {"finished"}),
        ("all", {"planned", "running", "finished", "stopped", "cancelled"}),
    ],
)
def test_each_tab_shows_its_states(cast, signed_in, tab, states):
    for state in Drill.State.values:
        in_state(cast, state)
    found = signed_in.get(f"/drills/?tab={tab}").context["page"].object_list
    assert {drill.state for drill in found} == states


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("verdict=met", 1),
        ("verdict=missed", 1),
        ("verdict=claimed", 0),
        ("kind=restore", 1),
        ("q=HUB", 2),
        ("q=no", 0),
    ],
)
def test_filters_narrow_the_list_the_export_and_the_api_alike(cast, signed_in, query, count):
    put_in_force(cast, tier=1)
    finished(cast)
    finished(cast, kind="restore", loss=301)  # RTO met, RPO missed: missed
    assert signed_in.get(f"/drills/?tab=finished&{query}").context["page"].paginator.count == count
    text = b"".join(signed_in.get(f"/drills/export/?tab=finished&{query}").streaming_content).decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == count
    assert signed_in.get(f"/api/v1/drills/?state=finished&{query}").json()["count"] == count


def test_people_see_the_drills_of_their_workloads(cast, client):
    other = workloads.add_workload(
        by=cast.head, at=NOW, name="Ledger", purpose="Books.", owner_team=cast.stranger.teams.create(name="Books")
    )
    give(WORKLOAD_OWNER, cast.owner, workload=other)
    planned(cast)
    planned(cast, workload=other)
    for who, names in (
        (cast.owner, {"Payment Hub"}),
        (cast.stranger, {"Ledger"}),
        (cast.auditor, {"Payment Hub", "Ledger"}),
    ):
        client.login(email=who.email, password=PASSWORD)
        assert {drill.workload.name for drill in client.get("/drills/").context["page"]} == (
            names | ({"Ledger"} if who == cast.owner else set())
        )  # the owner coordinates both


@pytest.mark.parametrize(
    "path", ["/drills/?tab=all", "/drills/calendar/", "/drills/export/?tab=all", "/api/v1/drills/", "/api/v1/actions/"]
)
def test_one_drill_and_many_cost_the_same_queries(cast, signed_in, path):
    put_in_force(cast, tier=1)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = signed_in.get(path)
            if answer.streaming:
                b"".join(answer.streaming_content)
        assert answer.status_code == 200
        return len(queries)

    finished(cast)
    cost()
    one = cost()
    for n in range(3):
        finished(cast)
        running(cast, participants=[person(f"Person {n}")])
        planned(cast)
    cost()  # what she has to do is counted anew after each deed of hers
    assert cost() == one


def test_the_export_is_harmless_in_a_spreadsheet(cast, signed_in):
    cast.workload.name = "=HYPERLINK(1)"
    cast.workload.save()
    planned(cast)
    text = b"".join(signed_in.get("/drills/export/").streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["workload"] == "'=HYPERLINK(1)"
    assert row["window from (UTC)"] == "2026-11-30 09:30:00"


@pytest.mark.parametrize(
    "query",
    [
        "workload=99999999999999999999",
        "workload=x",
        "from_on=2026-99-99",
        "state=x",
        "q=%00",
        "coordinator=-1",
        "ordering=x",
        "page=0",
    ],
)
def test_no_question_breaks_the_api(cast, signed_in, query):
    planned(cast)
    assert signed_in.get(f"/api/v1/drills/?{query}").status_code in (200, 400, 404)


@pytest.mark.parametrize("pk", ["99999999999999999999999", "0", "x", "%00"])
@pytest.mark.parametrize(
    "path",
    ["/drills/{}/", "/drills/actions/{}/", "/drills/marks/{}/correct/", "/api/v1/drills/{}/", "/api/v1/actions/{}/"],
)
def test_numbers_that_nobody_has_are_not_found(signed_in, path, pk):
    assert signed_in.get(path.format(pk)).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workload", 10**30), ("workload", True), ("coordinator", -1), ("participants", [10**30]), ("participants", "x"),
        ("participants", [None]), ("kind", "\x00"), ("success_criteria", "a\x00b"), ("scenario", "\ud800"),
        ("window_start", "0001-01-01T00:00:00+14:00"), ("window_end", "9999-12-31T23:59:59-14:00"), ("window_start", 5),
        ("kind", {"a": 1}), ("window_end", None),
    ],
)  # fmt: skip
def test_nothing_that_is_sent_breaks_the_api(cast, signed_in, name, value):
    body = {
        "workload": cast.workload.pk, "kind": "restore", "window_start": "2027-01-01T10:00:00Z",
        "window_end": "2027-01-01T12:00:00Z", "coordinator": cast.owner.pk, "success_criteria": "All.",
    }  # fmt: skip
    answer = signed_in.post("/api/v1/drills/", body | {name: value}, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("state", ["planned", "running", "finished"])
def test_a_waiver_of_the_target_shows_on_the_page_of_its_drill(cast, signed_in, state):
    drill = in_state(cast, state)
    waiver = sign_waiver(cast, request_waiver(cast, ends_on=timezone.now().date() + dt.timedelta(days=90)))
    page = signed_in.get(drill.get_absolute_url()).content.decode()
    assert waiver.title in page
    assert f'href="{waiver.get_absolute_url()}"' in page
    withdraw_waiver(waiver=waiver, by=cast.head, at=NOW)
    assert waiver.title not in signed_in.get(drill.get_absolute_url()).content.decode()
