"""What cannot be clicked, and what is asked about before it counts."""

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction

from audit.errors import DeedError, Invalid
from drills import marking, services
from drills.models import Mark, What
from people.services import issue_token
from tests.cast import PASSWORD, put_in_force
from tests.drills.play import HOUR, OUTAGE, START, running

SECOND = dt.timedelta(seconds=1)


def mark(drill, cast, what=What.OUTAGE_BEGAN, **values):
    return marking.mark(**({"drill": drill, "what": what, "by": cast.owner, "at": OUTAGE} | values))


def now_running(cast, *, early: dt.timedelta = dt.timedelta()):
    """A drill that runs at this moment; its window opens `early` from now."""
    now = dt.datetime.now(dt.UTC)
    begin = now + early
    return running(cast, at=now - HOUR, window_start=begin - HOUR if not early else begin, window_end=begin + 9 * HOUR)


# --- Newest surviving data ------------------------------------------------------------------------------------------
def test_newest_surviving_data_is_never_clicked(cast):
    drill = running(cast)
    with pytest.raises(Invalid, match="cannot be clicked") as refused:
        mark(drill, cast, What.NEWEST_DATA)
    assert "time" in refused.value.fields
    assert mark(drill, cast, What.NEWEST_DATA, time=START).grade == "typed"


def test_a_machine_may_say_it(cast):
    assert mark(running(cast), cast, What.NEWEST_DATA, time=START, machine=True).grade == "machine"


def test_the_database_refuses_a_live_click_on_it(cast):
    drill = running(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mark.objects.create(
            drill=drill, what="newest_data", at=OUTAGE, recorded_at=OUTAGE, recorded_by=cast.owner, grade="live"
        )


def test_page_and_api_refuse_the_click_and_the_page_has_no_button_for_it(cast, client):
    drill = now_running(cast)
    client.login(email=cast.owner.email, password=PASSWORD)
    page = client.get(f"/drills/{drill.pk}/").content.decode()
    assert re.search(r"Record now\s*<span class=\"visually-hidden\">: Outage began", page)
    assert ": Newest surviving data" not in page
    told = client.post(f"/drills/{drill.pk}/mark/", {"what": "newest_data"}, follow=True).content.decode()
    assert "cannot be clicked" in told
    answer = client.post(f"/api/v1/drills/{drill.pk}/mark/", {"what": "newest_data"}, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["time"])
    assert not drill.marks.exists()


# --- What is odd ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("before", "asked"), [(SECOND, True), (dt.timedelta(), False)])
def test_a_moment_before_the_window_is_asked_about(cast, before, asked):
    drill = running(cast, at=START - HOUR)
    values = {"time": START - before, "at": START + HOUR}
    if not asked:
        assert mark(drill, cast, **values).pk
        return
    with pytest.raises(DeedError) as refused:
        mark(drill, cast, **values)
    assert (refused.value.code, refused.value.status) == ("needs-confirmation", 422)
    assert "before the window" in refused.value.message
    assert not Mark.objects.exists()
    assert mark(drill, cast, confirmed=True, **values).pk


def test_surviving_data_is_older_than_the_window_by_nature(cast):
    assert mark(running(cast), cast, What.NEWEST_DATA, time=START - HOUR).pk


def test_four_moments_in_a_second_are_asked_about(cast):
    drill = running(cast)
    mark(drill, cast, What.NEWEST_DATA, time=OUTAGE)
    mark(drill, cast)
    mark(drill, cast, What.DECLARED, at=OUTAGE + SECOND / 2)
    with pytest.raises(DeedError, match="second") as refused:
        mark(drill, cast, What.SERVICE_HEALTHY, at=OUTAGE + SECOND)
    assert refused.value.code == "needs-confirmation"
    assert mark(drill, cast, What.SERVICE_HEALTHY, at=OUTAGE + 2 * SECOND).pk


def test_a_recovery_within_a_second_is_asked_about_whatever_else_is_recorded(cast):
    drill = running(cast)
    mark(drill, cast)
    with pytest.raises(DeedError, match="second"):
        mark(drill, cast, What.SERVICE_HEALTHY, at=OUTAGE + SECOND)
    assert mark(drill, cast, What.SERVICE_HEALTHY, at=OUTAGE + SECOND, confirmed=True).grade == "live"


def test_a_correction_is_asked_about_too(cast):
    drill = running(cast, at=START - HOUR)
    wrong = mark(drill, cast)
    fix = {"mark": wrong, "by": cast.owner, "at": OUTAGE, "time": START - SECOND, "reason": "Early."}
    with pytest.raises(DeedError) as refused:
        marking.correct_mark(**fix)
    assert refused.value.code == "needs-confirmation"
    assert marking.correct_mark(confirmed=True, **fix).at == START - SECOND


def test_the_report_and_the_page_show_what_is_odd(cast, client):
    put_in_force(cast, tier=1)
    drill = running(cast, at=START - HOUR)
    mark(drill, cast, time=START - SECOND, confirmed=True)
    mark(drill, cast, What.SERVICE_HEALTHY, confirmed=True, time=START)
    client.login(email=cast.owner.email, password=PASSWORD)
    for _ in ("running", "finished"):
        assert "before the window" in client.get(f"/drills/{drill.pk}/").content.decode()
        if drill.state == "running":
            drill = services.finish(drill=drill, by=cast.owner, at=START + HOUR)
    report = drill.report or {}
    assert any("before the window" in said for said in report["odd"])
    assert any("second" in said for said in report["odd"])


def test_the_page_asks_and_a_click_keeps_the_moment_of_the_click(cast, client):
    drill = now_running(cast, early=dt.timedelta(minutes=10))
    client.login(email=cast.owner.email, password=PASSWORD)
    before = dt.datetime.now(dt.UTC)
    asked = client.post(f"/drills/{drill.pk}/mark/", {"what": "outage_began"})
    after = dt.datetime.now(dt.UTC)
    page = asked.content.decode()
    assert (asked.status_code, drill.marks.count()) == (422, 0)
    assert "before the window" in page
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page))
    hidden.pop("csrfmiddlewaretoken", None)
    assert client.post(f"/drills/{drill.pk}/mark/", hidden).status_code == 302
    new = drill.marks.get()
    assert new.grade == "live"
    assert before <= new.at <= after
    forged = hidden | {"what": "declared"}  # the signed click was on another moment
    client.post(f"/drills/{drill.pk}/mark/", forged)
    assert drill.marks.count() == 1


def test_a_typed_time_that_is_odd_keeps_what_was_entered(cast, client):
    drill = now_running(cast, early=dt.timedelta(minutes=10))
    client.login(email=cast.owner.email, password=PASSWORD)
    typed = dt.datetime.now(cast.owner.zone) - dt.timedelta(minutes=1)
    entered = {"what": "outage_began", "time": f"{typed:%Y-%m-%dT%H:%M:%S}", "source": "ticket 7"}
    page = client.post(f"/drills/{drill.pk}/mark/", entered).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page))
    assert (hidden["time"], hidden["source"]) == (entered["time"], "ticket 7")
    client.post(f"/drills/{drill.pk}/mark/", hidden)
    new = drill.marks.get()
    assert (new.grade, new.source) == ("typed", "ticket 7")
    fix = {"time": f"{typed - SECOND:%Y-%m-%dT%H:%M:%S}", "reason": "A second sooner."}
    answer = client.post(f"/drills/marks/{new.pk}/correct/", fix)
    assert "before the window" in answer.content.decode()
    assert "A second sooner." in answer.content.decode()
    assert client.post(f"/drills/marks/{new.pk}/correct/", fix | {"confirm": "on"}).status_code == 302


def test_the_api_asks_by_a_code_and_takes_confirm(cast, client):
    drill = now_running(cast, early=dt.timedelta(minutes=10))
    client.login(email=cast.owner.email, password=PASSWORD)
    address = f"/api/v1/drills/{drill.pk}/mark/"
    answer = client.post(address, {"what": "outage_began"}, content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:drportal:problem:needs-confirmation")
    assert "before the window" in answer.json()["odd"][0]
    answer = client.post(address, {"what": "outage_began", "confirm": True}, content_type="application/json")
    assert answer.status_code == 201


def test_a_machine_is_not_asked_because_nobody_is_there_to_answer(cast, client):
    drill = now_running(cast, early=dt.timedelta(minutes=10))
    _, key = issue_token(
        by=cast.platform, at=dt.datetime.now(dt.UTC), name="probe", scope="write", days=1, machine=True
    )
    answer = client.post(
        f"/api/v1/drills/{drill.pk}/mark/", {"what": "outage_began"}, content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["grade"]) == (201, "machine")
