"""Scheduling, changing and cancelling a drill."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from audit.errors import Invalid, NotAllowed, WrongState
from drills import services
from drills.models import Drill
from tests.cast import NOW, PASSWORD
from tests.drills.play import WINDOW, in_state, plan, planned, running, trail
from workloads.models import Lifecycle, Workload

DAY = dt.timedelta(days=1)


def test_a_drill_is_planned_with_its_people(cast):
    drill = planned(cast)
    assert drill.state == Drill.State.PLANNED
    assert list(drill.participants.all()) == [cast.platform]
    assert (drill.scheduled_at, drill.scheduled_by) == (NOW, cast.head)


def test_the_trail_says_what_was_planned(cast):
    drill = planned(cast)
    (line,) = trail("drill.scheduled")
    assert (line.actor_name, line.thread) == ("Maren Holt", f"drill:{drill.pk}")
    assert line.after["participants"] == ["Jonas Lindqvist"]
    assert line.after["success_criteria"] == "Claims can be paid in region 2."


@pytest.mark.parametrize("who", ["stranger", "auditor", "stakeholder", "sponsor"])
def test_who_has_no_right_schedules_nothing(cast, who):
    with pytest.raises(NotAllowed):
        planned(cast, by=getattr(cast, who))


@pytest.mark.parametrize("who", ["head", "platform", "owner"])
def test_who_has_the_right_schedules(cast, who):
    assert planned(cast, by=getattr(cast, who)).pk


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "fire"}, "kind"),
        ({"success_criteria": "  "}, "success_criteria"),
        ({"window_end": WINDOW[0]}, "window_end"),
        ({"window_start": NOW - DAY, "window_end": NOW}, "window_end"),
        ({"window_end": WINDOW[0] + 32 * DAY}, "window_end"),
        ({"window_start": NOW + 2000 * DAY, "window_end": NOW + 2001 * DAY}, "window_start"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(cast, values, field):
    with pytest.raises(Invalid) as refused:
        planned(cast, **values)
    assert list(refused.value.fields) == [field]


def test_somebody_who_cannot_sign_in_takes_no_part(cast):
    cast.platform.is_active = False
    cast.platform.save()
    with pytest.raises(Invalid) as refused:
        planned(cast, coordinator=cast.platform)
    assert set(refused.value.fields) == {"coordinator", "participants"}


def test_a_retired_workload_is_not_drilled(cast):
    Workload.objects.filter(pk=cast.workload.pk).update(lifecycle=Lifecycle.RETIRED)
    cast.workload.refresh_from_db()
    with pytest.raises(WrongState):
        planned(cast)


@pytest.mark.parametrize(
    "column",
    [{"window_end": WINDOW[0]}, {"success_criteria": ""}, {"state": "running"}, {"rto_seconds": 5}, {"digest": "x"}],
)
def test_the_database_refuses_half_a_drill(cast, column):
    drill = planned(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Drill.objects.filter(pk=drill.pk).update(**column)


def test_a_planned_drill_can_be_changed(cast):
    drill = planned(cast)
    values = plan(cast, window_end=WINDOW[1] + DAY, participants=[cast.sponsor])
    services.change(drill=drill, by=cast.head, at=NOW, **values)
    drill.refresh_from_db()
    assert drill.window_end == WINDOW[1] + DAY
    assert list(drill.participants.all()) == [cast.sponsor]
    (line,) = trail("drill.changed")
    assert line.before["participants"] == ["Jonas Lindqvist"]
    assert line.after["participants"] == ["David Okafor"]
    assert "kind" not in line.after


def test_changing_nothing_says_nothing(cast):
    drill = planned(cast)
    services.change(drill=drill, by=cast.head, at=NOW, **plan(cast))
    assert trail("drill.changed") == []


@pytest.mark.parametrize("state", ["running", "finished", "stopped", "cancelled"])
def test_only_a_planned_drill_can_be_changed_or_cancelled(cast, state):
    drill = in_state(cast, state)
    with pytest.raises(WrongState):
        services.change(drill=drill, by=cast.head, at=NOW, **plan(cast, success_criteria="Easier."))
    with pytest.raises(WrongState):
        services.cancel(drill=drill, by=cast.head, at=NOW, reason="Too late.")


def test_a_cancelled_drill_keeps_its_reason(cast):
    drill = in_state(cast, "cancelled")
    assert (drill.called_off_by, drill.called_off_reason) == (cast.head, "The vendor is away.")
    (line,) = trail("drill.cancelled")
    assert line.after == {"state": "cancelled", "reason": "The vendor is away.", "workload": cast.workload.pk}


def test_cancelling_needs_a_reason_and_the_right(cast):
    drill = planned(cast)
    with pytest.raises(Invalid):
        services.cancel(drill=drill, by=cast.head, at=NOW, reason=" ")
    with pytest.raises(NotAllowed):
        services.cancel(drill=drill, by=cast.auditor, at=NOW, reason="No.")


def test_stopping_needs_a_reason_and_a_running_drill(cast):
    drill = running(cast)
    with pytest.raises(Invalid):
        services.stop(drill=drill, by=cast.owner, at=NOW, reason="")
    services.stop(drill=drill, by=cast.owner, at=NOW, reason="A real alarm.")
    assert drill.state == Drill.State.STOPPED
    assert trail("drill.stopped")[0].after["reason"] == "A real alarm."
    with pytest.raises(WrongState):
        services.stop(drill=planned(cast), by=cast.owner, at=NOW, reason="A real alarm.")


def test_page_and_api_lead_to_the_same_deed(cast, client):
    client.login(email=cast.head.email, password=PASSWORD)
    start = dt.datetime.now(dt.UTC) + 5 * DAY
    form = {
        "kind": "restore",
        "window_start": f"{start:%Y-%m-%dT%H:%M}",
        "window_end": f"{start + DAY:%Y-%m-%dT%H:%M}",
        "coordinator": cast.owner.pk,
        "success_criteria": "All of it is back.",
        "others": cast.stranger.email.upper(),
    }
    answer = client.post(f"/drills/new/?workload={cast.workload.pk}", form)
    by_page = Drill.objects.get()
    assert answer.headers["Location"] == f"/drills/{by_page.pk}/"
    assert list(by_page.participants.all()) == [cast.stranger]
    body = {
        "workload": cast.workload.pk,
        "kind": "restore",
        "window_start": start.isoformat(),
        "window_end": (start + DAY).isoformat(),
        "coordinator": cast.owner.pk,
        "participants": [cast.stranger.pk],
        "success_criteria": "All of it is back.",
    }
    answer = client.post("/api/v1/drills/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert [line.after["kind"] for line in trail("drill.scheduled")] == ["restore", "restore"]
    assert answer.json()["window_start"].endswith("Z")


def test_refusals_come_back_to_the_fields_of_the_page(cast, client):
    client.login(email=cast.head.email, password=PASSWORD)
    form = {
        "kind": "restore", "window_start": "2026-01-02T10:00", "window_end": "2026-01-01T10:00",
        "coordinator": cast.owner.pk, "success_criteria": "All.", "others": "nobody@example.org",
    }  # fmt: skip
    answer = client.post(f"/drills/new/?workload={cast.workload.pk}", form)
    assert "Nobody here has this e-mail" in answer.content.decode()
    answer = client.post(f"/drills/new/?workload={cast.workload.pk}", form | {"others": ""})
    assert "The window ends before it begins" in answer.content.decode()
    assert not Drill.objects.exists()


def test_a_planned_drill_is_changed_and_cancelled_by_page_and_api(cast, client):
    client.login(email=cast.head.email, password=PASSWORD)
    first, second = planned(cast), planned(cast)
    assert client.get(f"/drills/{first.pk}/change/").status_code == 200
    assert client.post(f"/drills/{first.pk}/cancel/", {"reason": "Away."}).status_code == 302
    url = f"/api/v1/drills/{second.pk}/cancel/"
    assert client.post(url, {"reason": "Away."}, content_type="application/json").json()["state"] == "cancelled"
    again = client.post(url, {"reason": "Away."}, content_type="application/json")
    assert (again.status_code, again.headers["Content-Type"]) == (409, "application/problem+json")
    assert [line.after["reason"] for line in trail("drill.cancelled")] == ["Away.", "Away."]


@pytest.mark.parametrize("path", ["", "change/", "cancel/", "stop/", "report/", "actions/new/"])
def test_a_stranger_finds_nothing(cast, client, path):
    drill = planned(cast)
    client.login(email=cast.stranger.email, password=PASSWORD)
    assert client.get(f"/drills/{drill.pk}/{path}").status_code == 404
    assert client.get(f"/api/v1/drills/{drill.pk}/").status_code == 404


def test_who_takes_part_sees_the_drill_without_seeing_the_workload(cast, client):
    drill = planned(cast, participants=[cast.stranger])
    client.login(email=cast.stranger.email, password=PASSWORD)
    page = client.get(f"/drills/{drill.pk}/").content.decode()
    assert "Claims can be paid in region 2." in page
    assert cast.workload.get_absolute_url() not in page
    assert "Start the drill" not in page
