"""Gaps and what is late for a drill as files: what one sees on the pages, no more."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import PASSWORD, put_in_force
from tests.drills.play import finished, gap, mended, planned, running
from tests.past import rewriting_history
from tests.workloads.campaigns import more_in_force
from workloads.models import Classification, Workload

GAPS, LATE = "/drills/export/gaps/", "/drills/export/late/"


@pytest.fixture
def signed_in(cast, client):
    client.login(email=cast.head.email, password=PASSWORD)
    return client


def body(client, path, form="json", **asked):
    answer = client.get(path, {"as": form, **asked})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def rows(client, path, **asked):
    return json.loads(body(client, path, **asked))


def late(*workloads):
    """Their first target came into force long ago, and nothing was drilled since."""
    for workload in workloads:
        target = Classification.objects.filter(workload=workload)
        with rewriting_history():
            target.update(signed_off_at=timezone.now() - dt.timedelta(days=1000))


def test_gaps_go_out_with_what_was_done(cast, signed_in):
    put_in_force(cast, tier=1)
    drill = finished(cast)
    first = mended(drill, cast, title="Names were slow", cause="Old cache", severity="high")
    second = gap(drill, cast, due_on=first.due_on + dt.timedelta(days=1))
    found = rows(signed_in, GAPS, tab="finished")
    assert [(row["gap"], row["title"], row["state"]) for row in found] == [
        (first.pk, "Names were slow", "Done, waits for a re-test"),
        (second.pk, "DNS was slow", "Open"),
    ]
    row = found[0]
    assert (row["workload"], row["team"], row["drill"], row["owner"]) == (
        "Payment Hub", "Payments", drill.pk, "Jonas Lindqvist",
    )  # fmt: skip
    assert (row["severity"], row["cause"], row["what_was_done"]) == ("High", "Old cache", "Shorter cache time.")
    assert row["due"] == str(first.due_on)
    assert (row["drill_began_utc"], row["closed_by_drill"]) == ("2026-11-30 09:30:00", None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 0), ({"tab": "finished"}, 1), ({"tab": "running"}, 1), ({"tab": "all"}, 2), ({"tab": "all", "q": "hub"}, 2),
        ({"tab": "all", "q": "no"}, 0), ({"tab": "all", "kind": "x"}, 0), ({"tab": "all", "verdict": "met"}, 1),
    ],
)  # fmt: skip
def test_gaps_are_narrowed_as_the_drills_are(cast, signed_in, asked, found):
    put_in_force(cast, tier=1)
    gap(finished(cast), cast)
    gap(running(cast), cast)
    assert len(rows(signed_in, GAPS, **asked)) == found


def test_gaps_are_for_who_sees_their_drills(cast, client):
    put_in_force(cast, tier=1)
    gap(finished(cast), cast)
    for who, found in ((cast.owner, 1), (cast.auditor, 1), (cast.stranger, 0)):
        client.login(email=who.email, password=PASSWORD)
        assert len(rows(client, GAPS, tab="all")) == found


def test_what_is_late_and_not_planned_goes_out(cast, signed_in):
    put_in_force(cast, tier=1)
    assert rows(signed_in, LATE) == []
    late(cast.workload)
    [row] = rows(signed_in, LATE)
    shown = list(signed_in.get("/drills/calendar/").context["late"])
    assert [row["workload"]] == [workload.name for workload in shown] == ["Payment Hub"]
    assert (row["reference"], row["team"], row["tier"]) == ("APP-1", "Payments", 1)
    assert (row["interval_days"], row["was_due"]) == (shown[0].drill_days, str(shown[0].drill_due_on))
    assert (row["last_drilled"], row["last_tabletop_or_message_test_utc"]) == (None, "")
    finished(cast, kind="tabletop")
    assert rows(signed_in, LATE)[0]["last_tabletop_or_message_test_utc"] == "2026-11-30 12:30:00"
    planned(cast)
    assert rows(signed_in, LATE) == []


def test_what_is_late_is_for_who_sees_the_workload(cast, client):
    put_in_force(cast, tier=1)
    late(cast.workload)
    for who, found in ((cast.owner, 1), (cast.auditor, 1), (cast.stranger, 0)):
        client.login(email=who.email, password=PASSWORD)
        assert len(rows(client, LATE)) == found


def test_no_cell_is_a_formula(cast, signed_in):
    put_in_force(cast, tier=1)
    gap(finished(cast), cast, title="=1+1", cause="@SUM(A1)")
    assert ",'=1+1,Medium,'@SUM(A1)," in body(signed_in, GAPS, "csv", tab="all")
    Workload.objects.update(name="+1", proven_on=None, drilled_on=None)
    late(cast.workload)
    assert "'+1,APP-1,Payments,1," in body(signed_in, LATE, "csv")


@pytest.mark.parametrize("path", [f"{GAPS}?tab=all", LATE])
def test_one_line_and_many_cost_the_same_queries(cast, signed_in, path):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            b"".join(signed_in.get(path).streaming_content)
        return len(captured)

    put_in_force(cast, tier=1)
    gap(running(cast), cast)
    late(cast.workload)
    cost()
    one = cost()
    for _ in range(3):
        gap(running(cast), cast)
    more_in_force(cast, 3)
    late(*Workload.objects.all())
    cost()
    assert cost() == one


def test_the_pages_offer_the_files(cast, signed_in):
    put_in_force(cast, tier=1)
    finished(cast)
    page = signed_in.get("/drills/?tab=finished&q=Hub").content.decode()
    assert f'href="{GAPS}?tab=finished&amp;q=Hub&amp;as=xlsx"' in page
    assert "Export gaps" in page
    Workload.objects.update(proven_on=None, drilled_on=None)
    late(cast.workload)
    assert f'href="{LATE}?as=json"' in signed_in.get("/drills/calendar/").content.decode()
