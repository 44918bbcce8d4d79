"""Finishing is confirmed on a page of its own, and what was shown there is what is frozen."""

import datetime as dt
import re

import pytest

from drills import gaps, marking
from drills.models import Drill, What
from people.wording import NBSP
from signoffs.documents import digest
from tests.cast import PASSWORD, put_in_force
from tests.drills.play import HOUR, finished, gap, in_state, mended, running, stamp


def now_running(cast, **values):
    now = dt.datetime.now(dt.UTC)
    return running(cast, at=now - HOUR, window_start=now - HOUR, window_end=now + 9 * HOUR, **values)


def shown(client, drill):
    """The page, and what its form would send."""
    page = client.get(f"/drills/{drill.pk}/finish/")
    html = page.content.decode()
    return html, dict(re.findall(r'<input type="hidden" name="(seen)" value="([^"]*)"', html))


@pytest.fixture
def owner(cast, client):
    put_in_force(cast, tier=1)
    client.login(email=cast.owner.email, password=PASSWORD)
    return client


def test_the_page_says_what_will_be_frozen(cast, owner):
    drill = now_running(cast)
    began = dt.datetime.now(dt.UTC) - HOUR / 2
    marking.mark(drill=drill, what=What.OUTAGE_BEGAN, by=cast.owner, at=began)
    gap(drill, cast, at=began, title="DNS was slow")
    assert f"/drills/{drill.pk}/finish/" in owner.get(f"/drills/{drill.pk}/").content.decode()
    html, sent = shown(owner, drill)
    for said in (
        "Outage began",
        "Missed",
        "service healthy",
        "newest surviving data",
        "DNS was slow",
        "changed afterwards",
    ):
        assert said in html.replace(NBSP, " "), said
    assert sent
    drill.refresh_from_db()
    assert drill.state == Drill.State.RUNNING


def test_what_was_shown_is_finished(cast, owner):
    drill = now_running(cast)
    _, sent = shown(owner, drill)
    assert owner.post(f"/drills/{drill.pk}/finish/", sent).status_code == 302
    drill.refresh_from_db()
    assert drill.state == Drill.State.FINISHED


def test_one_click_finishes_nothing(cast, owner):
    drill = now_running(cast)
    answer = owner.post(f"/drills/{drill.pk}/finish/")
    assert answer.status_code == 409
    drill.refresh_from_db()
    assert drill.state == Drill.State.RUNNING


@pytest.mark.parametrize("what", ["mark", "gap"])
def test_what_changed_meanwhile_is_shown_anew(cast, owner, what):
    drill = now_running(cast)
    action = mended(finished(cast, start=drill.started_at - 9 * HOUR), cast, at=drill.started_at - HOUR)
    _, sent = shown(owner, drill)
    now = dt.datetime.now(dt.UTC)
    if what == "mark":
        marking.mark(drill=drill, what=What.OUTAGE_BEGAN, by=cast.platform, at=now)
    else:
        gap(drill, cast, at=now)
    answer = owner.post(f"/drills/{drill.pk}/finish/", sent | {"retested": [action.pk]})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "has changed since" in html
    assert re.search(rf'value="{action.pk}"[^>]* checked', html)  # what was chosen stays
    drill.refresh_from_db()
    assert drill.state == Drill.State.RUNNING
    sent = dict(re.findall(r'<input type="hidden" name="(seen)" value="([^"]*)"', html))
    assert owner.post(f"/drills/{drill.pk}/finish/", sent | {"retested": [action.pk]}).status_code == 302


def test_a_verdict_that_time_turned_is_shown_anew(cast, owner, monkeypatch):
    drill = now_running(cast)
    now = dt.datetime.now(dt.UTC)
    marking.mark(drill=drill, what=What.OUTAGE_BEGAN, by=cast.owner, at=now)
    _, sent = shown(owner, drill)
    monkeypatch.setattr("drills.views_finish.timezone.now", lambda: now + HOUR)
    answer = owner.post(f"/drills/{drill.pk}/finish/", sent)
    assert answer.status_code == 409
    assert "Missed" in answer.content.decode()


@pytest.mark.parametrize("state", ["planned", "finished", "stopped", "cancelled"])
def test_only_a_running_drill_has_the_page(cast, owner, state):
    drill = in_state(cast, state)
    for answer in (owner.get(f"/drills/{drill.pk}/finish/"), owner.post(f"/drills/{drill.pk}/finish/")):
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/drills/{drill.pk}/")


def test_who_may_not_finish_has_no_page(cast, owner):
    drill = now_running(cast)
    owner.login(email=cast.auditor.email, password=PASSWORD)
    assert owner.get(f"/drills/{drill.pk}/finish/").status_code == 404


def test_the_api_finishes_without_it(cast, owner):
    drill = now_running(cast)
    answer = owner.post(f"/api/v1/drills/{drill.pk}/finish/", {}, content_type="application/json")
    assert answer.json()["state"] == "finished"


def test_a_report_of_old_keeps_its_bytes_and_its_page(cast, owner):
    """A drill that was finished before never-healthy counted as a miss: verdict, report and digest stay."""
    drill = running(cast)
    stamp(drill, cast, recovery=None, loss=None)
    report = {"format": 1, "drill": drill.pk, "verdicts": {"rto": {"result": "unmeasured"}}}
    Drill.objects.filter(pk=drill.pk).update(
        state="finished", finished_at=drill.started_at + 9 * HOUR, finished_by=cast.owner, report=report,
        digest=digest(report), rto_verdict="unmeasured", rpo_verdict="unmeasured",
    )  # fmt: skip
    page = owner.get(f"/drills/{drill.pk}/").content.decode()
    assert "held, nothing measured" in page
    assert "no time for: service healthy" in page
    exact = owner.get(f"/drills/{drill.pk}/report/").content
    assert exact == b'{"drill":%d,"format":1,"verdicts":{"rto":{"result":"unmeasured"}}}' % drill.pk
    assert gaps.retestable(drill).count() == 0
