import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.wording import (
    MAX_SECONDS,
    NBSP,
    ago_words,
    browser_words,
    clock,
    date_words,
    due_words,
    duration,
    initials,
    moment_words,
    parse_duration,
)

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=OSLO)
seconds = st.integers(0, MAX_SECONDS)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 s"),
        (41, "41 s"),
        (60, "60 s"),
        (90, "90 s"),
        (120, "2 min"),
        (161, "2 min 41 s"),
        (900, "15 min"),
        (5400, "1 h 30 min"),
        (3620, "1 h 20 s"),
        (5401, "1 h 31 min"),
        (7199, "2 h"),
        (14400, "4 h"),
        (86400, "24 h"),
        (2 * 86400, "2 days"),
        (3 * 86400, "3 days"),
        (3 * 86400 + 3601, "3 days 2 h"),
    ],
)
def test_a_duration_reads_as_the_guide_says(number, words):
    assert duration(number) == words.replace(" ", NBSP)


@given(seconds)
def test_a_duration_reads_back_as_itself_or_longer_but_never_by_a_whole_unit(number):
    back = parse_duration(duration(number))
    assert number <= back < number + max(60, number // 24 + 1)
    assert duration(back) == duration(number)


@given(st.sampled_from([(3600, 60), (3600, 1), (60, 1)]), st.integers(2, 47), st.integers(0, 59))
def test_two_units_are_kept_exactly(units, large, small):
    number = units[0] * large + units[1] * small
    assert parse_duration(duration(number)) == number


@given(seconds, seconds)
def test_a_missed_time_never_reads_like_the_promise(one, other):
    promise, measured = sorted((one, other))
    promise = parse_duration(duration(promise))
    if measured > promise:
        assert duration(measured) != duration(promise)


@given(seconds)
def test_a_duration_has_at_most_two_units(number):
    assert len(duration(number).split(NBSP)) in (2, 4)


def test_a_negative_duration_is_refused():
    with pytest.raises(ValueError, match="negative"):
        duration(-1)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("15 min", 900),
        ("15m", 900),
        (" 15  MIN ", 900),
        (f"15{NBSP}min", 900),
        ("4 h", 14400),
        ("4 hours", 14400),
        ("90 s", 90),
        ("1 h 30 min", 5400),
        ("1h30m", 5400),
        ("1 hour and 30 minutes", 5400),
        ("1 hour, 30 minutes", 5400),
        ("2 days", 172800),
        ("1.5 h", 5400),
        ("1,5 h", 5400),
        ("2 weeks", 1209600),
        ("0 s", 0),
        ("PT4H", 14400),
        ("pt15m", 900),
        ("P1DT2H", 93600),
        ("P2W", 1209600),
        ("3650 days", MAX_SECONDS),
    ],
)
def test_what_people_write_is_understood(text, number):
    assert parse_duration(text) == number


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Write a number and a unit: “90 s”, “15 min”, “4 h”."),
        ("15", "Write the unit too: “15 s”, “15 min”, “15 h” or “15 days”."),
        ("fifteen", "Write a number and a unit: “90 s”, “15 min”, “4 h”. You wrote “fifteen”."),
        ("-5 min", "You wrote “-5 min”"),
        ("1 h 1 h", "You wrote"),
        ("1 h 30", "You wrote"),
        ("1.000 s", "You wrote"),
        ("1,000 s", "You wrote"),
        ("15 parsecs", "You wrote"),
        ("15 min,", "You wrote"),
        ("1 h and", "You wrote"),
        ("١٥ min", "You wrote"),
        ("PT", "You wrote"),
        ("P1DT", "You wrote"),
        ("0.01 s", "whole seconds"),
        ("3651 days", "at most 10 years"),
        ("x" * 5000, "…”"),
        ("9" * 5000 + " s", "…”"),
    ],
)
def test_what_cannot_be_a_duration_is_refused_with_the_way_out(text, says):
    with pytest.raises(ValueError) as refusal:
        parse_duration(text)
    assert says in str(refusal.value)
    assert len(str(refusal.value)) < 200


@given(st.text(max_size=80))
def test_any_text_gives_seconds_or_a_refusal(text):
    try:
        found = parse_duration(text)
    except ValueError:
        return
    assert 0 <= found <= MAX_SECONDS


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-200, "7 months overdue"),
        (-6, "6 days overdue"),
        (-1, "1 day overdue"),
        (0, "today"),
        (1, "tomorrow"),
        (2, "in 2 days"),
        (90, "in 90 days"),
        (120, "in 4 months"),
    ],
)
def test_a_due_date_reads_relative_to_today(days, words):
    today = NOW.date()
    assert due_words(today + dt.timedelta(days=days), today).replace(NBSP, " ") == words


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (NOW - dt.timedelta(seconds=59), "just now"),
        (NOW - dt.timedelta(minutes=5), "5 min ago"),
        (NOW - dt.timedelta(hours=3), "3 h ago"),
        (NOW - dt.timedelta(hours=10), "10 h ago"),
        (NOW - dt.timedelta(hours=20), "yesterday"),
        (NOW - dt.timedelta(days=12), "12 days ago"),
        (NOW - dt.timedelta(days=150), "5 months ago"),
        (NOW + dt.timedelta(minutes=5), "in 5 min"),
        (NOW + dt.timedelta(hours=14), "today"),
        (NOW + dt.timedelta(hours=16), "tomorrow"),
        (NOW + dt.timedelta(days=3), "in 3 days"),
    ],
)
def test_a_moment_reads_relative_to_now(then, words):
    assert ago_words(then.astimezone(dt.UTC), NOW).replace(NBSP, " ") == words


def test_dates_and_moments_are_exact():
    assert date_words(dt.date(2026, 11, 26), NOW.date()).replace(NBSP, " ") == "Thu 26 Nov"
    assert date_words(dt.date(2027, 2, 3), NOW.date()).replace(NBSP, " ") == "3 Feb 2027"
    assert moment_words(NOW).replace(NBSP, " ") == "24 Nov 2026, 09:00:00 CET"


@pytest.mark.parametrize(("number", "words"), [(577, "9:37"), (4177, "1:09:37"), (0, "0:00"), (-65, "−1:05")])
def test_a_running_clock(number, words):
    assert clock(number) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Maren Holt", "MH"), ("Ingrid Marie Solberg", "IS"), ("Åse", "Å"), ("", "?"), ("Jo-Ann (deputy) Lee", "JL")],
)
def test_initials(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "curl/8.0"),
        ("", "unknown program"),
    ],
)
def test_a_browser_is_named_in_words(said, words):
    assert browser_words(said) == words
