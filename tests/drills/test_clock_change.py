"""Times in the hour that exists twice, and in the one that does not: on the page and by API alike."""

import datetime as dt
import zoneinfo

import pytest

from drills import queries
from drills.models import Drill, What
from drills.telling import window_words
from tests.cast import PASSWORD
from tests.drills.play import planned, running

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
# Oslo 2027: back on 31 Oct, forward on 28 Mar.
FIRST, SECOND = (dt.datetime(2027, 10, 31, hour, 30, tzinfo=dt.UTC) for hour in (0, 1))
END_OF_GAP = dt.datetime(2027, 3, 28, 1, tzinfo=dt.UTC)


@pytest.fixture
def owner(cast, client):
    client.login(email=cast.owner.email, password=PASSWORD)
    return client


def form(cast, start: str, end: str, **values):
    return {
        "kind": "restore", "window_start": start, "window_end": end, "coordinator": cast.owner.pk,
        "success_criteria": "Back.",
    } | values  # fmt: skip


def test_a_drill_in_the_hour_that_exists_twice_begins_at_the_first(cast, owner):
    sent = form(cast, "2027-10-31T02:30", "2027-10-31T06:00")
    answer = owner.post(f"/drills/new/?workload={cast.workload.pk}", sent, follow=True)
    drill = Drill.objects.get()
    assert drill.window_start == FIRST
    page = answer.content.decode().replace("\xa0", " ")
    assert "show 02:30 twice" in page
    assert f'href="/drills/{drill.pk}/change/"' in page
    html = owner.get(f"/drills/{drill.pk}/change/").content.decode()
    assert 'name="window_start_which"' in html
    assert 'name="window_end_which"' not in html
    owner.post(f"/drills/{drill.pk}/change/", sent | {"window_start_which": "second"})
    drill.refresh_from_db()
    assert drill.window_start == SECOND


def test_a_drill_in_the_hour_that_does_not_exist_begins_when_the_clocks_go_on(cast, owner):
    sent = form(cast, "2027-03-28T02:30", "2027-03-28T06:00")
    answer = owner.post(f"/drills/new/?workload={cast.workload.pk}", sent, follow=True)
    assert Drill.objects.get().window_start == END_OF_GAP
    assert "skip 02:30" in answer.content.decode().replace("\xa0", " ")


def test_a_form_with_another_fault_keeps_what_was_chosen(cast, owner):
    sent = form(cast, "2027-10-31T02:30", "2027-10-31T02:15", window_start_which="second")
    html = owner.post(f"/drills/new/?workload={cast.workload.pk}", sent).content.decode()
    assert "The window ends before it begins" in html
    assert 'name="window_end_which"' in html
    assert 'value="2027-10-31T02:15"' in html
    sent |= {"window_end": "2027-10-31T02:45", "window_end_which": "second"}
    assert owner.post(f"/drills/new/?workload={cast.workload.pk}", sent).status_code == 302
    assert Drill.objects.get().window_start == SECOND


@pytest.mark.parametrize(
    ("start", "moment"),
    [
        ("2027-10-31T02:30:00", FIRST),
        ("2027-10-31T02:30:00+01:00", SECOND),
        ("2027-10-31T01:30:00Z", SECOND),
        ("2027-03-28T02:30:00", END_OF_GAP),
        ("2027-06-01T12:00:00", dt.datetime(2027, 6, 1, 10, tzinfo=dt.UTC)),
    ],
)
def test_the_api_reads_a_time_without_offset_as_the_page_does(cast, owner, start, moment):
    body = form(cast, start, "2027-10-31T06:00:00", workload=cast.workload.pk)
    body["window_end"] = (moment + dt.timedelta(hours=4)).isoformat()
    answer = owner.post("/api/v1/drills/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert Drill.objects.get().window_start == moment
    assert answer.json()["window_start"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def night(cast):
    """A drill that runs through the night in which the clocks go back, seen the morning after."""
    begin = dt.datetime(2026, 10, 24, 20, tzinfo=dt.UTC)
    return running(
        cast, at=begin, window_start=begin, window_end=begin + dt.timedelta(days=31), planned_at=begin - dt.timedelta(1)
    )


@pytest.mark.parametrize(
    ("which", "hour", "notes"), [(None, 0, True), ("", 0, True), ("first", 0, False), ("second", 1, False)]
)
def test_a_typed_time_of_that_hour_is_recorded(cast, owner, monkeypatch, which, hour, notes):
    drill = night(cast)
    sent = {"what": "outage_began", "time": "2026-10-25T02:30:00"} | ({} if which is None else {"time_which": which})
    answer = owner.post(f"/drills/{drill.pk}/mark/", sent, follow=True)
    mark = drill.marks.get()
    assert (mark.at, mark.grade) == (dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC), "typed")
    page = answer.content.decode().replace("\xa0", " ")
    assert ("show 02:30 twice" in page) is notes
    assert (f"/drills/marks/{mark.pk}/correct/" in page.split('id="moments"')[0]) is notes


def test_a_correction_to_the_second_time(cast, owner):
    drill = night(cast)
    owner.post(f"/drills/{drill.pk}/mark/", {"what": "outage_began", "time": "2026-10-25T02:30:00"})
    first = drill.marks.get()
    assert 'name="time_which"' in owner.get(f"/drills/marks/{first.pk}/correct/").content.decode()
    sent = {"time": "2026-10-25T02:30:00", "time_which": "second", "reason": "After the clocks went back."}
    assert owner.post(f"/drills/marks/{first.pk}/correct/", sent).status_code == 302
    assert drill.marks.get(supersedes=first).at == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)


def test_the_api_records_and_corrects_it_too(cast, owner):
    drill = night(cast)
    address = f"/api/v1/drills/{drill.pk}"
    body = {"what": "outage_began", "time": "2026-10-25T02:30:00"}
    answer = owner.post(f"{address}/mark/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["at"]) == (201, "2026-10-25T00:30:00Z")
    body |= {"time": "2026-10-25T02:30:00+01:00", "reason": "The second."}
    answer = owner.post(f"{address}/correct/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["at"]) == (201, "2026-10-25T01:30:00Z")


def test_who_runs_a_drill_in_that_night_can_say_which(cast, owner, monkeypatch):
    morning = dt.datetime(2026, 10, 25, 8, tzinfo=dt.UTC)
    drill = night(cast)
    monkeypatch.setattr("drills.views_drill.timezone.now", lambda: morning)
    assert 'name="time_which"' in owner.get(f"/drills/{drill.pk}/").content.decode()
    monkeypatch.setattr("drills.views_drill.timezone.now", lambda: morning + dt.timedelta(days=20))
    assert 'name="time_which"' not in owner.get(f"/drills/{drill.pk}/").content.decode()


def test_a_window_over_the_change_says_both_zones(cast):
    drill = planned(cast, window_start=FIRST, window_end=SECOND)
    assert window_words(drill, OSLO).replace("\xa0", " ") == "31 Oct 2027, 02:30 CEST to 02:30 CET"
    assert drill.marks.filter(what=What.DECLARED).count() == 0


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        (dt.date(2026, 11, 1), "America/Havana", dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC)),  # midnight twice
        (dt.date(2026, 9, 6), "America/Santiago", dt.datetime(2026, 9, 6, 4, tzinfo=dt.UTC)),  # no midnight
    ],
)
def test_a_day_begins_at_its_first_midnight_or_at_the_end_of_the_gap(settings, day, zone, moment):
    settings.ORGANISATION_TIME_ZONE = zone
    assert queries.midnight(day) == moment
