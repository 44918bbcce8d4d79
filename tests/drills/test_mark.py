"""Recording times: how they come in decides what they are worth."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.errors import Invalid, NotAllowed, WrongState
from drills import marking
from drills.models import Mark, What
from people.models import ApiToken
from people.services import issue_token
from tests.cast import PASSWORD
from tests.drills.play import HOUR, OUTAGE, START, in_state, running, trail

SECOND = dt.timedelta(seconds=1)
NOW = OUTAGE + HOUR


def mark(drill, cast, what=What.OUTAGE_BEGAN, **values):
    return marking.mark(**({"drill": drill, "what": what, "by": cast.owner, "at": NOW} | values))


@pytest.mark.parametrize(
    ("time", "machine", "grade", "at"),
    [
        (None, False, "live", NOW),
        (OUTAGE, False, "typed", OUTAGE),
        (OUTAGE, True, "machine", OUTAGE),
        (None, True, "machine", NOW),
    ],
)
def test_the_source_decides_the_grade(cast, time, machine, grade, at):
    new = mark(running(cast), cast, time=time, machine=machine, source="probe 4")
    assert (new.grade, new.at, new.recorded_at, new.recorded_by) == (grade, at, NOW, cast.owner)
    (line,) = trail("drill.marked")
    assert line.after["grade"] == grade
    assert line.thread == new.trail_thread


@pytest.mark.parametrize(
    ("what", "time", "machine", "fits"),
    [
        (What.OUTAGE_BEGAN, START, False, True),
        (What.OUTAGE_BEGAN, START - SECOND, False, False),
        (What.OUTAGE_BEGAN, START - SECOND, True, False),
        (What.OUTAGE_BEGAN, NOW + SECOND, False, False),
        (What.OUTAGE_BEGAN, NOW + 5 * SECOND, True, True),
        (What.OUTAGE_BEGAN, NOW + 6 * SECOND, True, False),
        (What.NEWEST_DATA, START - 20 * HOUR, False, True),  # a backup is older than the drill
        (What.NEWEST_DATA, START - 4000 * 24 * HOUR, False, False),
    ],
)
def test_a_time_lies_within_the_drill(cast, what, time, machine, fits):
    drill = running(cast)
    if fits:
        assert mark(drill, cast, what, time=time, machine=machine).at == time
    else:
        with pytest.raises(Invalid) as refused:
            mark(drill, cast, what, time=time, machine=machine)
        assert "time" in refused.value.fields


@pytest.mark.parametrize(
    ("what", "time"),
    [
        (What.DECLARED, OUTAGE - SECOND),
        (What.SERVICE_HEALTHY, OUTAGE - SECOND),
        (What.NEWEST_DATA, OUTAGE + SECOND),
    ],
)
def test_times_come_in_their_order(cast, what, time):
    drill = running(cast)
    mark(drill, cast, time=OUTAGE)
    with pytest.raises(Invalid, match="outage"):
        mark(drill, cast, what, time=time)
    assert mark(drill, cast, what, time=OUTAGE, confirmed=True).at == OUTAGE


def test_now_is_too_young_for_surviving_data_once_the_outage_began(cast):
    drill = running(cast)
    mark(drill, cast, at=NOW)
    with pytest.raises(Invalid, match="younger than the outage"):
        mark(drill, cast, What.NEWEST_DATA, at=NOW + SECOND, machine=True)


def test_a_moment_is_recorded_once(cast):
    drill = running(cast)
    mark(drill, cast)
    with pytest.raises(WrongState, match="recorded already"):
        mark(drill, cast)
    assert Mark.objects.count() == 1


@pytest.mark.parametrize("state", ["planned", "finished", "stopped", "cancelled"])
def test_times_are_recorded_while_the_drill_runs(cast, state):
    drill = in_state(cast, state)
    before = Mark.objects.count()
    with pytest.raises(WrongState):
        mark(drill, cast, What.DECLARED)
    assert Mark.objects.count() == before


@pytest.mark.parametrize("who", ["stranger", "auditor", "stakeholder"])
def test_others_record_nothing(cast, who):
    with pytest.raises(NotAllowed):
        mark(running(cast), cast, by=getattr(cast, who))


def test_a_correction_by_hand_is_typed_and_the_old_time_stays(cast):
    wrong = mark(running(cast), cast, time=OUTAGE, machine=True)
    right = marking.correct_mark(mark=wrong, by=cast.owner, at=NOW, time=OUTAGE + SECOND, reason="Probe was slow.")
    assert (right.grade, right.supersedes, right.reason) == ("typed", wrong, "Probe was slow.")
    assert list(Mark.objects.that_count()) == [right]
    assert Mark.objects.count() == 2
    assert trail("drill.marked")[1].before["grade"] == "machine"


def test_a_machine_may_correct_itself(cast):
    wrong = mark(running(cast), cast, time=OUTAGE, machine=True)
    right = marking.correct_mark(mark=wrong, by=cast.owner, at=NOW, time=OUTAGE, reason="Resent.", machine=True)
    assert right.grade == "machine"


def test_a_time_is_corrected_once_and_with_a_reason(cast):
    wrong = mark(running(cast), cast, time=OUTAGE)
    with pytest.raises(Invalid):
        marking.correct_mark(mark=wrong, by=cast.owner, at=NOW, time=OUTAGE, reason=" ")
    marking.correct_mark(mark=wrong, by=cast.owner, at=NOW, time=OUTAGE + SECOND, reason="First.")
    with pytest.raises(WrongState, match="before you"):
        marking.correct_mark(mark=wrong, by=cast.owner, at=NOW, time=OUTAGE, reason="Second.")


def test_a_correction_keeps_the_order_too(cast):
    drill = running(cast)
    wrong = mark(drill, cast, time=OUTAGE)
    mark(drill, cast, What.SERVICE_HEALTHY, time=OUTAGE + HOUR / 2)
    with pytest.raises(Invalid):
        marking.correct_mark(mark=wrong, by=cast.owner, at=NOW, time=NOW, reason="Later.")


@pytest.mark.parametrize(
    "columns",
    [
        {"grade": "live", "at": OUTAGE},  # live is recorded at once
        {"reason": "Why?"},  # a reason without a correction
    ],
)
def test_the_database_refuses_what_cannot_be(cast, columns):
    drill = running(cast)
    values = {
        "drill": drill,
        "what": "declared",
        "at": NOW,
        "grade": "typed",
        "recorded_at": NOW,
        "recorded_by": cast.owner,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Mark.objects.create(**(values | columns))


@pytest.mark.parametrize(
    "sql", ["UPDATE drills_mark SET at = at", "DELETE FROM drills_mark", "TRUNCATE drills_mark CASCADE"]
)
def test_raw_sql_cannot_change_a_time(cast, sql):
    mark(running(cast), cast)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_page_records_now_and_typed_times(cast, client):
    now = dt.datetime.now(dt.UTC)
    drill = running(cast, at=now - HOUR, window_start=now - HOUR, window_end=now + HOUR)
    client.login(email=cast.owner.email, password=PASSWORD)
    assert "Record now" in client.get(f"/drills/{drill.pk}/").content.decode()
    client.post(f"/drills/{drill.pk}/mark/", {"what": "outage_began"})
    typed = dt.datetime.now(dt.UTC).astimezone(cast.owner.zone) - dt.timedelta(minutes=1)
    client.post(f"/drills/{drill.pk}/mark/", {"what": "newest_data", "time": f"{typed:%Y-%m-%dT%H:%M:%S}"})
    assert dict(drill.marks.values_list("what", "grade")) == {"outage_began": "live", "newest_data": "typed"}
    wrong = drill.marks.get(what="outage_began")
    right = {"time": f"{typed:%Y-%m-%dT%H:%M:%S}", "reason": "Clicked late."}
    assert client.post(f"/drills/marks/{wrong.pk}/correct/", right).status_code == 302
    page = client.get(f"/drills/{drill.pk}/").content.decode()
    assert "Clicked late." in page
    assert 'class="p-clocks"' in page
    part = client.get(f"/drills/{drill.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith("<section")
    assert "<html" not in part


@pytest.mark.parametrize(
    ("machine", "time", "grade"), [(True, "given", "machine"), (False, "given", "typed"), (False, None, "live")]
)
def test_only_a_machine_token_measures(cast, client, machine, time, grade):
    now = dt.datetime.now(dt.UTC)
    drill = running(cast, at=now - HOUR, window_start=now - HOUR, window_end=now + HOUR)
    drill_by = cast.platform if machine else cast.owner
    _, key = issue_token(by=drill_by, at=now, name="probe", scope="write", days=1, machine=machine)
    assert ApiToken.objects.get().machine is machine
    body = {"what": "outage_began", "source": "probe 4"} | ({"time": (now - HOUR / 2).isoformat()} if time else {})
    answer = client.post(
        f"/api/v1/drills/{drill.pk}/mark/",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (answer.status_code, answer.json()["grade"]) == (201, grade)
    correct = {"what": "outage_began", "time": (now - HOUR / 3).isoformat(), "reason": "Late."}
    answer = client.post(
        f"/api/v1/drills/{drill.pk}/correct/", correct, content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    assert answer.json()["grade"] == ("machine" if machine else "typed")
