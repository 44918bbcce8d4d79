"""What people type as a time: one moment, said out loud where the clocks change."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from django import forms
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from people.fields import WallTimeField, clock_notes
from people.wall_clock import read_wall, went_back_between

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
wall = dt.datetime.fromisoformat  # without a zone, as people type it
# Whole and half hours, both halves of the earth, midnight changes, a skipped day, a half-hour change.
ZONES = [
    "Europe/Oslo", "Europe/London", "America/New_York", "America/St_Johns", "America/Santiago", "America/Havana",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Chatham", "Africa/Casablanca", "Africa/Cairo",
    "Asia/Beirut", "Asia/Tehran", "UTC",
]  # fmt: skip
zones = st.sampled_from([zoneinfo.ZoneInfo(name) for name in ZONES])
walls = st.datetimes(wall("2005-01-01"), wall("2036-12-31"))
AUTUMN, SPRING = wall("2026-10-25T02:30"), wall("2027-03-28T02:30")


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]


def changes(zone: zoneinfo.ZoneInfo, year: int) -> list[dt.datetime]:
    """The moments (UTC) of a year at which the clocks of a zone change, found by looking."""
    at, found = utc(year, 1, 1), []
    while at.year == year:
        later = at + dt.timedelta(minutes=15)
        if at.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(later)
        at = later
    return found


@pytest.mark.parametrize(
    ("typed", "first", "second", "skipped"),
    [
        (wall("2026-11-20T07:00"), utc(2026, 11, 20, 6), None, False),
        (AUTUMN, utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30), False),
        (wall("2026-10-25T03:00"), utc(2026, 10, 25, 2), None, False),
        (SPRING, utc(2027, 3, 28, 1), None, True),
        (wall("2027-03-28T03:00"), utc(2027, 3, 28, 1), None, False),
    ],
)
def test_a_time_is_one_moment(typed, first, second, skipped):
    found = read_wall(typed, OSLO)
    assert (found.first, found.second, found.skipped) == (first, second, skipped)


@given(walls, zones)
@example(AUTUMN, OSLO)
@example(SPRING, OSLO)
def test_the_clock_shows_what_was_typed_or_has_just_jumped_over_it(typed, zone):
    found = read_wall(typed, zone)
    shown = found.first.astimezone(zone).replace(tzinfo=None)
    assert (shown != typed) == found.skipped
    if found.skipped:
        assert shown > typed
        just_before = (found.first - dt.timedelta(microseconds=1)).astimezone(zone).replace(tzinfo=None)
        assert just_before < typed
    if found.second is not None:
        assert found.second > found.first
        assert found.second.astimezone(zone).replace(tzinfo=None) == typed


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("year", [2011, 2026])
def test_every_change_of_the_year_is_read_by_the_rule(name, year):
    """Each moment around a change is one of the readings of what the clocks show at it."""
    zone = zoneinfo.ZoneInfo(name)
    for change in changes(zone, year):
        for minutes in range(-150, 151, 5):
            moment = change + dt.timedelta(minutes=minutes)
            found = read_wall(moment.astimezone(zone).replace(tzinfo=None), zone)
            assert moment in (found.first, found.second)
            assert not found.skipped


@pytest.mark.parametrize(
    ("since", "until", "went"),
    [
        (utc(2026, 10, 24, 22), utc(2026, 10, 25, 2), True),
        (utc(2026, 10, 25, 1), utc(2026, 10, 25, 9), False),
        (utc(2027, 3, 27, 22), utc(2027, 3, 28, 9), False),
        (utc(2026, 7, 1), utc(2026, 7, 3), False),
    ],
)
def test_whether_clocks_went_back_between_two_moments(since, until, went):
    assert went_back_between(since, until, OSLO) is went


# --- The field of a form --------------------------------------------------------------------------------------------
class When(forms.Form):
    start = WallTimeField(label="Start")


@pytest.mark.parametrize(
    ("sent", "moment", "said"),
    [
        ({"start": "2026-11-20T07:00"}, utc(2026, 11, 20, 6), ""),
        ({"start": "2026-11-20 07:00:05"}, utc(2026, 11, 20, 6, 0, 5), ""),
        ({"start": "2026-10-25T02:30"}, utc(2026, 10, 25, 0, 30), "twice"),
        ({"start": "2026-10-25T02:30", "start_which": "first"}, utc(2026, 10, 25, 0, 30), ""),
        ({"start": "2026-10-25T02:30", "start_which": "second"}, utc(2026, 10, 25, 1, 30), ""),
        ({"start": "2026-11-20T07:00", "start_which": "second"}, utc(2026, 11, 20, 6), ""),
        ({"start": "2027-03-28T02:30"}, utc(2027, 3, 28, 1), "skip"),
        ({"start": "2026-10-25T02:30+01:00"}, utc(2026, 10, 25, 1, 30), ""),
    ],
)
def test_the_field_reads_it_and_says_so(sent, moment, said):
    with timezone.override(OSLO):
        form = When(sent)
        assert form.is_valid(), form.errors
        assert form.cleaned_data["start"] == moment
        notes = " ".join(str(note) for note in clock_notes(form))
        assert (said in notes) if said else not notes
        if said:
            assert "Start" in notes
            assert "Europe/Oslo" in notes


def test_the_field_offers_the_second_time_where_there_is_one():
    with timezone.override(OSLO):
        assert 'name="start_which"' not in str(When({"start": "2026-10-25T03:30"})["start"])
        for form in (When({"start": "2026-10-25T02:30"}), When(initial={"start": utc(2026, 10, 25, 0, 30)})):
            html = str(form["start"])
            assert 'value="2026-10-25T02:30"' in html
            assert 'value="first" checked' in html
            assert "CEST" in html
        for form in (
            When({"start": "2026-10-25T02:30", "start_which": "second"}),
            When(initial={"start": utc(2026, 10, 25, 1, 30)}),
        ):
            html = str(form["start"])
            assert 'value="2026-10-25T02:30"' in html
            assert 'value="second" checked' in html


@pytest.mark.parametrize(
    "text",
    ["", "x", "2026-13-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59", "2026-10-25", "0001-01-01T00:00+14:00"],
)
def test_what_is_no_time_is_refused_in_words(text):
    with timezone.override(zoneinfo.ZoneInfo("Pacific/Apia" if text.startswith("0001") else "America/New_York")):
        form = When({"start": text})
        if text == "2026-10-25":
            return
        assert not form.is_valid()
        assert "interpreted" not in str(form.errors)
        str(form["start"])
