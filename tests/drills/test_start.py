"""Starting a drill fixes what was agreed and copies the target."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit.errors import NotAllowed, WrongState
from drills import services
from drills.models import Drill
from tests.cast import NOW, PASSWORD, put_in_force
from tests.drills.play import START, in_state, planned, running, trail


def test_the_target_in_force_is_copied(cast):
    target = put_in_force(cast, tier=1)
    drill = running(cast)
    assert drill.state == Drill.State.RUNNING
    assert (drill.classification, drill.tier_level) == (target, 1)
    assert (drill.rto_seconds, drill.rpo_seconds) == (900, 300)
    (line,) = trail("drill.started")
    assert line.after == {"state": "running", "tier": 1, "rto_seconds": 900, "rpo_seconds": 300}


def test_a_target_signed_later_changes_nothing(cast):
    put_in_force(cast, tier=1)
    drill = running(cast)
    put_in_force(cast, tier=2)
    drill.refresh_from_db()
    assert (drill.tier_level, drill.rto_seconds) == (1, 900)


def test_without_a_signed_target_it_can_be_held(cast):
    drill = running(cast)
    assert (drill.state, drill.classification, drill.rto_seconds) == (Drill.State.RUNNING, None, None)


def test_a_coordinator_whose_role_has_ended_since_may_start(cast):
    drill = planned(cast, coordinator=cast.platform)
    cast.platform.held_roles.update(until_on=NOW.date())
    services.start(drill=drill, by=cast.platform, at=START)
    assert drill.started_by == cast.platform


@pytest.mark.parametrize("who", ["stranger", "auditor", "stakeholder", "sponsor"])
def test_others_without_the_right_may_not(cast, who):
    with pytest.raises(NotAllowed):
        services.start(drill=planned(cast), by=getattr(cast, who), at=START)


@pytest.mark.parametrize("state", ["running", "finished", "stopped", "cancelled"])
def test_a_drill_starts_once(cast, state):
    with pytest.raises(WrongState):
        services.start(drill=in_state(cast, state), by=cast.head, at=START)


@pytest.mark.parametrize(
    "change",
    [
        "success_criteria = 'Anything goes'",
        "rto_seconds = 999999",
        "kind = 'tabletop'",
        "scenario = ''",
        "window_end = window_end + interval '1 day'",
        "started_at = started_at - interval '1 hour'",
    ],
)
def test_raw_sql_cannot_change_what_was_agreed(cast, change):
    put_in_force(cast)
    drill = running(cast)
    with pytest.raises(DatabaseError, match="what was agreed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE drills_drill SET {change} WHERE id = %s", [drill.pk])


def test_the_participants_are_fixed_too(cast):
    drill = running(cast)
    for sql in (
        f"DELETE FROM drills_drill_participants WHERE drill_id = {drill.pk}",
        f"INSERT INTO drills_drill_participants (drill_id, user_id) VALUES ({drill.pk}, {cast.sponsor.pk})",
        f"UPDATE drills_drill_participants SET user_id = {cast.sponsor.pk}",
        f"DELETE FROM drills_drill WHERE id = {drill.pk}",
    ):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_page_and_api_lead_to_the_same_deed(cast, client):
    client.login(email=cast.owner.email, password=PASSWORD)
    first, second = planned(cast), planned(cast)
    assert "Start the drill" in client.get(f"/drills/{first.pk}/").content.decode()
    assert client.post(f"/drills/{first.pk}/start/").headers["Location"] == f"/drills/{first.pk}/"
    assert client.post(f"/api/v1/drills/{second.pk}/start/").json()["state"] == "running"
    assert len(trail("drill.started")) == 2
    assert client.get(f"/drills/{first.pk}/start/").status_code == 405


def test_a_second_click_is_told_where_it_stands(cast, client):
    client.login(email=cast.owner.email, password=PASSWORD)
    drill = running(cast)
    answer = client.post(f"/drills/{drill.pk}/start/", follow=True)
    assert "is running now" in answer.content.decode()
    assert client.post(f"/api/v1/drills/{drill.pk}/start/").status_code == 409
