"""Finishing a drill: the verdict, the frozen report, and what follows."""

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.errors import Invalid, NotAllowed, WrongState
from drills import marking, services
from drills.models import Action, Drill, What
from tests.cast import PASSWORD, put_in_force
from tests.drills.play import HOUR, OUTAGE, START, finished, gap, in_state, mended, planned, running, stamp, trail

LATER = START + dt.timedelta(days=30)


def again(cast, **values):
    """A later drill of the same workload."""
    window = {"window_start": LATER, "window_end": LATER + 4 * HOUR}
    return finished(cast, start=LATER, **(window | values))


@pytest.mark.parametrize(
    ("marks", "rto", "rpo"),
    [
        ({}, "met", "met"),
        ({"recovery": 900, "loss": 300}, "met", "met"),
        ({"recovery": 901}, "missed", "met"),
        ({"loss": 301}, "met", "missed"),
        ({"typed": (What.SERVICE_HEALTHY,)}, "claimed", "met"),
        ({"typed": (What.OUTAGE_BEGAN,)}, "claimed", "claimed"),
        ({"machine": False}, "claimed", "claimed"),
        ({"machine": False, "recovery": 3600}, "missed", "claimed"),
        ({"recovery": None}, "missed", "met"),  # never healthy, and the RTO has passed
        ({"loss": None}, "met", "unmeasured"),
    ],
)
def test_the_verdict_follows_from_the_times(cast, marks, rto, rpo):
    put_in_force(cast, tier=1)
    drill = finished(cast, **marks)
    assert (drill.state, drill.rto_verdict, drill.rpo_verdict) == (Drill.State.FINISHED, rto, rpo)


def test_without_a_signed_target_nothing_is_proven(cast):
    drill = finished(cast)
    assert (drill.rto_verdict, drill.rpo_verdict) == ("unmeasured", "unmeasured")
    assert (drill.recovery_seconds, drill.loss_seconds) == (600, 60)


@pytest.mark.parametrize("kind", ["tabletop", "communication"])
def test_a_drill_of_words_proves_nothing(cast, kind):
    put_in_force(cast, tier=1)
    drill = finished(cast, kind=kind)
    assert (drill.rto_verdict, drill.rpo_verdict) == ("unmeasured", "unmeasured")
    cast.workload.refresh_from_db()
    assert cast.workload.proven_on is None


def test_a_click_is_a_proof(cast):
    put_in_force(cast, tier=1)
    drill = running(cast)
    for minutes, what in enumerate((What.OUTAGE_BEGAN, What.DECLARED, What.SERVICE_HEALTHY)):
        marking.mark(drill=drill, what=what, by=cast.owner, at=OUTAGE + dt.timedelta(minutes=minutes))
    drill = services.finish(drill=drill, by=cast.owner, at=OUTAGE + HOUR)
    assert (drill.rto_verdict, drill.rto_grade, drill.recovery_seconds, drill.declare_seconds) == (
        "met",
        "live",
        120,
        60,
    )


def test_a_corrected_time_no_longer_counts(cast):
    put_in_force(cast, tier=1)
    drill = running(cast)
    stamp(drill, cast, recovery=2000)
    late = drill.marks.get(what=What.SERVICE_HEALTHY)
    time = OUTAGE + dt.timedelta(seconds=100)
    marking.correct_mark(mark=late, by=cast.owner, at=OUTAGE + HOUR, time=time, reason="Wrong probe.")
    drill = services.finish(drill=drill, by=cast.owner, at=OUTAGE + HOUR)
    assert (drill.rto_verdict, drill.recovery_seconds, drill.rto_grade) == ("claimed", 100, "typed")
    assert len((drill.report or {})["times"]) == 4


def test_the_workload_remembers_its_newest_proof(cast):
    put_in_force(cast, tier=1)
    finished(cast, recovery=901)
    cast.workload.refresh_from_db()
    assert (cast.workload.proven_on, cast.workload.proof_rto, cast.workload.proof_rpo) == (
        START.date(),
        "missed",
        "met",
    )


def test_the_report_is_whole_and_its_digest_can_be_computed_by_anybody(cast):
    target = put_in_force(cast, tier=1)
    drill = running(cast)
    gap(drill, cast)
    stamp(drill, cast)
    services.finish(drill=drill, by=cast.owner, at=START + 3 * HOUR)
    drill = Drill.objects.get()
    exact = json.dumps(drill.report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(exact).hexdigest() == drill.digest
    report: Any = drill.report
    assert report["workload"]["name"] == "Payment Hub"
    assert report["success_criteria"] == "Claims can be paid in region 2."
    assert report["participants"] == ["Jonas Lindqvist"]
    assert report["target"]["signed_at"] == f"{target.signed_off_at:%Y-%m-%dT%H:%M:%S}+00:00"
    assert report["verdicts"]["rto"] == {"result": "met", "seconds": 600, "weakest_source": "machine"}
    assert [gap["title"] for gap in report["gaps"]] == ["DNS was slow"]
    assert len(report["times"]) == 3


def test_the_trail_holds_the_verdict_and_the_digest(cast):
    put_in_force(cast, tier=1)
    drill = finished(cast)
    (line,) = trail("drill.finished")
    assert (line.after["rto_verdict"], line.after["recovery_seconds"]) == ("met", 600)
    assert line.after["digest"] == drill.digest


@pytest.mark.parametrize("state", ["planned", "finished", "stopped", "cancelled"])
def test_only_a_running_drill_can_be_finished(cast, state):
    with pytest.raises(WrongState):
        services.finish(drill=in_state(cast, state), by=cast.owner, at=START + HOUR)


@pytest.mark.parametrize("who", ["stranger", "auditor", "stakeholder"])
def test_others_may_not_finish_or_stop(cast, who):
    drill = running(cast)
    with pytest.raises(NotAllowed):
        services.finish(drill=drill, by=getattr(cast, who), at=START + HOUR)
    with pytest.raises(NotAllowed):
        services.stop(drill=drill, by=getattr(cast, who), at=START + HOUR, reason="No.")


@pytest.mark.parametrize("state", ["finished", "stopped", "cancelled"])
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE drills_drill SET rto_verdict = 'met' WHERE id = {pk}",
        "UPDATE drills_drill SET state = 'running' WHERE id = {pk}",
        "UPDATE drills_drill SET report = NULL WHERE id = {pk}",
        "DELETE FROM drills_drill WHERE id = {pk}",
        "DELETE FROM drills_drill_participants WHERE drill_id = {pk}",
        "INSERT INTO drills_mark (drill_id, what, at, grade, source, recorded_at, recorded_by_id, reason)"
        " VALUES ({pk}, 'declared', now(), 'machine', '', now(), {user}, '')",
    ],
)
def test_raw_sql_cannot_change_what_is_over(cast, state, sql):
    drill = in_state(cast, state)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(pk=drill.pk, user=cast.owner.pk))


@pytest.mark.parametrize(
    "columns",
    [
        {"rto_verdict": "met", "recovery_seconds": 901, "rto_grade": "machine"},
        {"rto_verdict": "met", "recovery_seconds": 1, "rto_grade": "typed"},
        {"rpo_verdict": "met", "loss_seconds": 301, "rpo_grade": "machine"},
        {"rto_verdict": "", "report": {}},
        {"digest": "0" * 63},
    ],
)
def test_the_database_refuses_a_verdict_that_was_not_measured(cast, columns):
    put_in_force(cast, tier=1)
    drill = running(cast)
    whole = {
        "state": "finished", "finished_at": START + HOUR, "finished_by": cast.owner, "report": {}, "digest": "0" * 64,
        "rto_verdict": "claimed", "rpo_verdict": "claimed",
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Drill.objects.filter(pk=drill.pk).update(**(whole | columns))


@pytest.mark.parametrize(
    ("marks", "state"),
    [
        ({}, Action.State.CLOSED),
        ({"recovery": 901}, Action.State.OPEN),
        ({"loss": 301}, Action.State.OPEN),
        ({"machine": False}, Action.State.DONE),  # claimed proves nothing and disproves nothing
        ({"loss": None}, Action.State.DONE),
    ],
)
def test_a_retest_settles_the_gaps_it_put_to_the_test(cast, marks, state):
    put_in_force(cast, tier=1)
    first = finished(cast, recovery=901)
    action = mended(first, cast)
    later = again(cast, retested=(action,), **marks)
    action.refresh_from_db()
    assert action.state == state
    assert action.closed_by_drill == (later if state == Action.State.CLOSED else None)
    told = {Action.State.CLOSED: "action.closed", Action.State.OPEN: "action.reopened"}
    assert all(len(trail(kind)) == (kind == told.get(state)) for kind in told.values())


def test_a_gap_that_was_not_tested_waits_on(cast):
    put_in_force(cast, tier=1)
    action = mended(finished(cast), cast)
    again(cast)
    action.refresh_from_db()
    assert action.state == Action.State.DONE


def test_a_drill_cannot_retest_what_is_not_done_or_its_own(cast):
    put_in_force(cast, tier=1)
    first = finished(cast)
    unmended = gap(first, cast)
    with pytest.raises(Invalid):
        again(cast, retested=(unmended,))
    drill = Drill.objects.get(state="running")
    own = mended(drill, cast, at=LATER)
    with pytest.raises(Invalid):
        services.finish(drill=drill, by=cast.owner, at=LATER + 3 * HOUR, retested=[own])
    assert services.finish(drill=drill, by=cast.owner, at=LATER + 3 * HOUR).state == Drill.State.FINISHED


def test_page_and_api_lead_to_the_same_deed(cast, client):
    put_in_force(cast, tier=1)
    action = mended(finished(cast), cast)
    client.login(email=cast.owner.email, password=PASSWORD)
    window = {"window_start": LATER, "window_end": LATER + 4 * HOUR}
    by_page, by_api = running(cast, at=LATER, **window), running(cast, at=LATER, **window)
    stamp(by_page, cast)
    shown = client.get(f"/drills/{by_page.pk}/finish/")
    assert action.title in shown.content.decode()
    confirmed = {"retested": [action.pk], "seen": shown.context["seen"]}
    assert client.post(f"/drills/{by_page.pk}/finish/", confirmed).status_code == 302
    action.refresh_from_db()
    assert action.closed_by_drill == by_page
    page = client.get(f"/drills/{by_page.pk}/").content.decode()
    assert "back in time, no more data lost than promised" in page
    url = f"/api/v1/drills/{by_api.pk}/finish/"
    answer = client.post(url, {"retested": [action.pk]}, content_type="application/json")
    assert (answer.status_code, "retested" in answer.json()["errors"]) == (400, True)
    answer = client.post(url, {}, content_type="application/json")
    assert (answer.json()["state"], answer.json()["result"]) == ("finished", "unmeasured")


def test_the_report_leaves_the_portal_as_the_bytes_that_were_hashed(cast, client):
    drill = finished(cast)
    client.login(email=cast.auditor.email, password=PASSWORD)
    answer = client.get(f"/drills/{drill.pk}/report/")
    assert hashlib.sha256(answer.content).hexdigest() == drill.digest


def test_a_drill_without_times_can_be_finished_after_a_warning(cast, client):
    put_in_force(cast, tier=1)
    drill = running(cast)
    client.login(email=cast.owner.email, password=PASSWORD)
    assert (
        "Missing: outage began, service healthy, newest surviving data"
        in client.get(f"/drills/{drill.pk}/").content.decode()
    )
    client.post(f"/drills/{drill.pk}/finish/", {"seen": client.get(f"/drills/{drill.pk}/finish/").context["seen"]})
    drill.refresh_from_db()
    assert (drill.rto_verdict, drill.rpo_verdict) == ("unmeasured", "unmeasured")


@pytest.mark.parametrize("state", ["planned", "running", "finished", "stopped", "cancelled"])
def test_every_state_has_its_page(cast, client, state):
    drill = in_state(cast, state)
    for who in (cast.head, cast.auditor, cast.platform):
        client.login(email=who.email, password=PASSWORD)
        assert client.get(f"/drills/{drill.pk}/").status_code == 200


def test_stop_by_page_and_api(cast, client):
    client.login(email=cast.owner.email, password=PASSWORD)
    first, second = running(cast), running(cast)
    assert "Stop the drill" in client.get(f"/drills/{first.pk}/stop/").content.decode()
    client.post(f"/drills/{first.pk}/stop/", {"reason": "A real alarm."})
    client.post(f"/api/v1/drills/{second.pk}/stop/", {"reason": "A real alarm."}, content_type="application/json")
    assert list(Drill.objects.values_list("state", flat=True)) == ["stopped", "stopped"]
    assert planned(cast).can("start")
