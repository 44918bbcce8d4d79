"""Gaps: opened by a drill, mended by their owner, closed by a later drill alone."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.errors import Invalid, NotAllowed, WrongState
from drills import gaps
from drills.models import Action
from tests.cast import PASSWORD, put_in_force
from tests.drills.play import HOUR, START, finished, gap, in_state, mended, planned, running, trail

AT = START + 5 * HOUR
DUE = (START + dt.timedelta(days=20)).date()


def test_a_running_or_finished_drill_finds_gaps(cast):
    for drill in (running(cast), finished(cast), in_state(cast, "stopped")):
        assert gap(drill, cast).state == Action.State.OPEN
    assert [line.after["owner"] for line in trail("action.opened")] == ["Jonas Lindqvist"] * 3


def test_a_drill_that_has_not_begun_finds_nothing(cast):
    with pytest.raises(WrongState):
        gap(planned(cast), cast)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"severity": "awful"}, "severity"),
        ({"due_on": dt.date(2026, 1, 1)}, "due_on"),
        ({"due_on": dt.date(9999, 1, 1)}, "due_on"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(cast, values, field):
    with pytest.raises(Invalid) as refused:
        gap(finished(cast), cast, **values)
    assert list(refused.value.fields) == [field]


def test_others_open_and_change_nothing(cast):
    action = gap(finished(cast), cast)
    with pytest.raises(NotAllowed):
        gaps.open_action(drill=action.drill, by=cast.auditor, at=AT, title="X", owner=cast.owner, due_on=DUE)
    with pytest.raises(NotAllowed):
        gaps.change_action(action=action, by=cast.auditor, at=AT, owner=cast.owner, due_on=DUE)
    with pytest.raises(NotAllowed):
        gaps.mark_action_done(action=action, by=cast.auditor, at=AT, how="Nothing.")


def test_a_gap_changes_hands(cast):
    action = gap(finished(cast), cast)
    gaps.change_action(action=action, by=cast.owner, at=AT, owner=cast.sponsor, due_on=DUE)
    action.refresh_from_db()
    assert (action.owner, action.due_on) == (cast.sponsor, DUE)
    (line,) = trail("action.changed")
    assert (line.before["owner"], line.after["owner"]) == ("Jonas Lindqvist", "David Okafor")


def test_its_owner_says_that_the_work_is_done_without_any_other_right(cast):
    action = gap(finished(cast), cast, owner=cast.stranger)
    gaps.mark_action_done(action=action, by=cast.stranger, at=AT, how="Shorter cache time.")
    assert (action.state, action.done_by, action.done_how) == ("done", cast.stranger, "Shorter cache time.")
    assert trail("action.done")[0].after["how"] == "Shorter cache time."


def test_done_says_what_was_done(cast):
    with pytest.raises(Invalid):
        gaps.mark_action_done(action=gap(finished(cast), cast), by=cast.owner, at=AT, how=" ")


def test_work_that_did_not_help_is_open_again(cast):
    action = mended(finished(cast), cast)
    with pytest.raises(Invalid):
        gaps.reopen_action(action=action, by=cast.owner, at=AT, reason="")
    gaps.reopen_action(action=action, by=cast.owner, at=AT, reason="Still slow.")
    assert (action.state, action.done_at, action.done_how) == ("open", None, "")
    (line,) = trail("action.reopened")
    assert (line.before["how"], line.after["reason"]) == ("Shorter cache time.", "Still slow.")


def closed(cast):
    put_in_force(cast, tier=1)
    action = mended(finished(cast), cast)
    later = START + dt.timedelta(days=30)
    finished(cast, start=later, window_start=later, window_end=later + HOUR, retested=(action,))
    action.refresh_from_db()
    return action


@pytest.mark.parametrize(
    ("state", "verbs"), [("open", {"done", "change"}), ("done", {"reopen", "change"}), ("closed", set())]
)
def test_what_may_be_done_from_each_state(cast, state, verbs):
    makers = {"open": lambda: gap(finished(cast), cast), "done": lambda: mended(finished(cast), cast)}
    action = makers.get(state, lambda: closed(cast))()
    deeds = {
        "done": lambda: gaps.mark_action_done(action=action, by=cast.owner, at=AT, how="Work."),
        "reopen": lambda: gaps.reopen_action(action=action, by=cast.owner, at=AT, reason="No."),
        "change": lambda: gaps.change_action(action=action, by=cast.owner, at=AT, owner=cast.sponsor, due_on=DUE),
    }
    for verb, deed in deeds.items():
        if verb not in verbs:
            with pytest.raises(WrongState):
                deed()


@pytest.mark.parametrize("drill", ["own", "failed", "other workload"])
def test_the_database_closes_a_gap_only_by_a_later_drill_that_passed(cast, drill):
    put_in_force(cast, tier=1)
    first = finished(cast)
    action = mended(first, cast)
    by = first if drill == "own" else finished(cast, recovery=901 if drill == "failed" else 600)
    columns = {"state": "closed", "closed_at": AT, "closed_by": cast.owner, "closed_by_drill": by}
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        Action.objects.filter(pk=action.pk).update(**columns)  # the third one is not later


@pytest.mark.parametrize("columns", [{"state": "closed"}, {"state": "done"}, {"done_at": AT}, {"closed_by_drill": 1}])
def test_the_database_refuses_half_a_state(cast, columns):
    action = gap(finished(cast), cast)
    if "closed_by_drill" in columns:
        columns = {"closed_by_drill": action.drill}
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        Action.objects.filter(pk=action.pk).update(**columns)


@pytest.mark.parametrize("sql", ["UPDATE drills_action SET title = 'x'", "DELETE FROM drills_action"])
def test_raw_sql_cannot_change_a_closed_gap(cast, sql):
    closed(cast)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_page_and_api_lead_to_the_same_deeds(cast, client):
    client.login(email=cast.owner.email, password=PASSWORD)
    drill = finished(cast)
    form = {"title": "DNS was slow", "severity": "high", "owner": cast.owner.pk, "due_on": "2027-05-01"}
    assert client.get(f"/drills/{drill.pk}/actions/new/").status_code == 200
    assert client.post(f"/drills/{drill.pk}/actions/new/", form).status_code == 302
    body = form | {"drill": drill.pk}
    answer = client.post("/api/v1/actions/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    by_page, by_api = Action.objects.order_by("pk")
    assert client.get(f"/drills/actions/{by_page.pk}/").status_code == 200
    client.post(f"/drills/actions/{by_page.pk}/done/", {"how": "Work."})
    url = f"/api/v1/actions/{by_api.pk}/"
    assert client.post(f"{url}done/", {"how": "Work."}, content_type="application/json").json()["state"] == "done"
    client.post(f"/drills/actions/{by_page.pk}/reopen/", {"reason": "No."})
    client.post(f"{url}reopen/", {"reason": "No."}, content_type="application/json")
    client.post(f"/drills/actions/{by_page.pk}/change/", {"owner": cast.head.pk, "due_on": "2027-06-01"})
    client.post(f"{url}change/", {"owner": cast.head.pk, "due_on": "2027-06-01"}, content_type="application/json")
    assert set(Action.objects.values_list("state", "owner__name", "due_on")) == {
        ("open", "Maren Holt", dt.date(2027, 6, 1))
    }
    assert "DNS was slow" in client.get(f"/drills/{drill.pk}/").content.decode()


def test_a_missing_answer_keeps_the_page(cast, client):
    client.login(email=cast.owner.email, password=PASSWORD)
    action = gap(finished(cast), cast)
    assert "to correct" in client.post(f"/drills/actions/{action.pk}/done/", {"how": ""}).content.decode()


def test_strangers_find_no_gap_but_its_owner_does(cast, client):
    action = gap(finished(cast), cast)
    client.login(email=cast.stranger.email, password=PASSWORD)
    for path in (
        f"/drills/actions/{action.pk}/",
        f"/api/v1/actions/{action.pk}/",
        f"/drills/actions/{action.pk}/change/",
    ):
        assert client.get(path).status_code in (404, 405)
    gaps.change_action(action=action, by=cast.owner, at=AT, owner=cast.stranger, due_on=DUE)
    assert "Say that the work is done" in client.get(f"/drills/actions/{action.pk}/").content.decode()
