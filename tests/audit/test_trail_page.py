from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import reverse

from audit import queries, sealing, words
from audit.filters import EventFilter, grouped_kinds
from audit.kinds import Kind
from audit.models import Door, Event
from audit.services import PORTAL, record, record_many, through
from audit.tables import neutral
from people.models import Team, User

AT = dt.datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def story(team: Team, stranger: User) -> list[Event]:
    """Four lines by two doers through two doors, an hour apart; the first three sealed."""
    other = Team.objects.create(name="Claims")
    with through(Door.ADMIN):
        lines = [record(Kind.TEAM_ADDED, team, by=stranger, at=AT, after={"name": "Payments"})]
    with through(Door.PAGE):
        lines.append(record(Kind.TEAM_ADDED, other, by=stranger, at=AT + HOUR))
        old, new = {"valid_until": None}, {"valid_until": dt.date(2027, 1, 1)}
        lines.append(record(Kind.TEAM_CHANGED, other, by=stranger, at=AT + 2 * HOUR, before=old, after=new))
    sealing.seal(at=AT)
    lines.append(record(Kind.ROLE_ENDED, team, by=PORTAL, at=AT + 3 * HOUR))
    return lines


def shown(client: Client, **asked: str) -> list[int]:
    answer = client.get(reverse("trail:list"), asked)
    assert answer.status_code == 200
    return [event.pk for event in answer.context["page"].events]


def test_a_row_tells_when_who_what_and_where_in_the_chain(reading: Client, story: list[Event]):
    text = re.sub(r"\s+", " ", reading.get(reverse("trail:list")).content.decode())
    assert '<time datetime="2026-11-21T08:30:00.123456Z"' in text
    assert "21 Nov 2026 10:30:00" in text
    assert 'Nils Berg <span class="p-note">through admin site</span>' in text
    assert "Team changed" in text
    assert "valid until:" in text
    assert 'nothing <span aria-hidden="true">→</span>' in text
    assert "<b>1 Jan 2027</b>" in text
    assert "not sealed yet" in text
    assert f"Trail: 3 events sealed, head <code>{sealing.head().grouped}</code>" in text


def test_times_are_utc_whatever_the_readers_zone(reading: Client, auditor: User, story: list[Event]):
    User.objects.filter(pk=auditor.pk).update(time_zone="Asia/Tokyo")
    assert b"21 Nov 2026 08:30:00" in reading.get(reverse("trail:list")).content
    assert shown(reading, since="2026-11-21T09:30") == [e.pk for e in reversed(story[1:])]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [3, 2, 1, 0]),
        ({"subject": "pAy"}, [3, 0]),
        ({"subject": "nowhere"}, []),
        ({"person": "nils"}, [2, 1, 0]),
        ({"person": "portal"}, [3]),
        ({"kind": "team.added"}, [1, 0]),
        ({"door": "admin"}, [0]),
        ({"door": "sweep"}, [3]),
        ({"since": "2026-11-21T09:30:01"}, [3, 2]),
        ({"until": "2026-11-21T09:30:00"}, [0]),
        ({"since": "2026-11-21T09:00", "until": "2026-11-21T10:00", "kind": "team.added"}, [1]),
    ],
)
def test_filters_choose(reading: Client, story: list[Event], asked: dict[str, str], expected: list[int]):
    assert shown(reading, **asked) == [story[n].pk for n in expected]


def test_the_thread_filter_is_exact(reading: Client, story: list[Event], team: Team):
    assert shown(reading, thread=f"team:{team.pk}") == [story[3].pk, story[0].pk]
    assert shown(reading, thread="team:") == []


@pytest.mark.parametrize("asked", [{"since": "yesterday"}, {"kind": "no.such"}, {"door": "window"}])
def test_a_filter_that_cannot_be_read_says_so_and_shows_nothing(reading: Client, story, asked: dict[str, str]):
    answer = reading.get(reverse("trail:list"), asked)
    assert answer.status_code == 200
    assert b"p-fix" in answer.content
    assert not answer.context["page"].events
    assert reading.get(reverse("trail:export"), asked).status_code == 400


@pytest.mark.parametrize("older", ["x", "-1", "", "9" * 30, "٣"])
def test_a_place_in_the_list_that_is_none_is_ignored(reading: Client, story: list[Event], older: str):
    assert len(shown(reading, older=older)) == 4


def test_every_kind_can_be_chosen_under_its_noun():
    groups = grouped_kinds()
    assert sorted(value for _, kinds in groups for value, _ in kinds) == sorted(Kind.values)
    assert ("Team", [("team.added", "Team added"), ("team.changed", "Team changed")]) in groups


def test_pages_follow_each_other_without_gap_or_double(team: Team):
    record_many(Kind.TEAM_CHANGED, ((team, {}, {"n": n}) for n in range(120)), by=PORTAL, at=AT)
    everything = list(Event.objects.order_by("-pk").values_list("pk", flat=True))
    first = queries.page(Event.objects.all())
    second = queries.page(Event.objects.all(), older=first.older)
    third = queries.page(Event.objects.all(), older=second.older)
    assert [e.pk for page in (first, second, third) for e in page.events] == everything
    assert (first.newer, third.older) == (None, None)
    assert queries.page(Event.objects.all(), newer=third.newer) == second
    assert queries.page(Event.objects.all(), newer=second.newer) == queries.Page(first.events, first.older, None)


@pytest.mark.parametrize("count", [1, 3, 60])
def test_the_page_costs_the_same_for_one_row_and_for_many(
    reading: Client, team: Team, count: int, django_assert_max_num_queries
):
    record_many(Kind.TEAM_CHANGED, ((team, {}, {"n": n}) for n in range(count)), by=PORTAL, at=AT)
    sealing.seal(at=AT)
    with django_assert_max_num_queries(8):
        reading.get(reverse("trail:list"))


@pytest.mark.parametrize("name", ["trail:list", "trail:export"])
def test_a_stranger_finds_nothing(shut_out: Client, story: list[Event], name: str):
    assert shut_out.get(reverse(name)).status_code == 404


@pytest.mark.parametrize("name", ["trail:list", "trail:export"])
def test_who_is_not_signed_in_is_asked_to(client: Client, db, name: str):
    assert "/accounts/login/" in client.get(reverse(name)).headers["Location"]


@pytest.mark.parametrize("name", ["trail:list", "trail:export"])
def test_nothing_can_be_sent_to_the_trail(reading: Client, name: str):
    for send in (reading.post, reading.put, reading.delete):
        assert send(reverse(name)).status_code == 405


def export(client: Client, **asked: str) -> list[dict[str, str]]:
    answer = client.get(reverse("trail:export"), asked)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def test_the_export_holds_the_same_selection_with_positions_and_digests(reading: Client, story: list[Event]):
    rows = export(reading)
    assert [row["event"] for row in rows] == [str(event.pk) for event in story]
    assert [row["position"] for row in rows] == ["1", "2", "3", "not sealed yet"]
    assert rows[2]["digest"] == sealing.head().digest.hex()
    assert rows[0]["time (UTC)"] == "2026-11-21 08:30:00.123456"
    assert rows[2]["after"] == '{"valid_until": "2027-01-01"}'
    assert len(export(reading, kind="team.added")) == 2


def test_the_export_streams_under_asgi_as_well(auditor: User, story: list[Event]):
    client = AsyncClient()
    client.force_login(auditor)

    async def read() -> bytes:
        answer: Any = await client.get(reverse("trail:export"))
        assert answer.is_async
        return b"".join([part async for part in answer])

    text = async_to_sync(read)().decode("utf-8-sig")
    assert [row["event"] for row in csv.DictReader(io.StringIO(text))] == [str(event.pk) for event in story]


def test_the_export_goes_on_over_many_batches(team: Team):
    record_many(Kind.TEAM_CHANGED, ((team, {}, {}) for _ in range(25)), by=PORTAL, at=AT)
    batches = list(queries.export_batches(Event.objects.all(), size=10))
    assert [len(batch) for batch in batches] == [10, 10, 5]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_export_is_a_formula(reading: Client, start: str):
    team = Team.objects.create(name=f"{start}cmd|' /C calc'!A0")
    record(Kind.TEAM_ADDED, team, by=PORTAL, at=AT)
    [row] = export(reading)
    name = f"{start}cmd|' /C calc'!A0".lstrip()  # a name has no blanks around it
    assert row["subject"] == (f"'{name}" if start.strip() else name)
    assert (neutral(-5), neutral(None), neutral("a=b")) == ("-5", "", "a=b")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({"state": "proposed"}, {"state": "signed_off"}, [("state", "proposed", "signed off")]),
        ({}, {"from_on": None, "may": True}, [("from", "", "nothing"), ("may", "", "yes")]),
        ({"teams": ["A", "B"]}, {"teams": []}, [("teams", "A, B", "nothing")]),
        ({"old": 0}, {"new": {"rto_s": 90, "x": False}}, [("old", "0", ""), ("new", "", "RTO s: 90; x: no")]),
        ([1], "x", [("value", "1", "x")]),
    ],
)
def test_changes_read_as_people_write(before: Any, after: Any, expected: list[tuple[str, str, str]]):
    assert words.changes(before, after) == expected


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("2026-11-21T08:22:18.701670+00:00", "21 Nov 2026 08:22:18 UTC"),
        ("2026-11-01T00:00:00+00:00", "1 Nov 2026 00:00:00 UTC"),
        ("2026-11-21", "21 Nov 2026"),
        ("2026-02-30", "2026-02-30"),
        ("2026-11-21T08:22:18+01:00", "2026-11-21T08:22:18+01:00"),
        ("on 2026-11-21T08:22:18+00:00", "on 2026-11-21T08:22:18+00:00"),
        ("outage_began", "outage began"),
        ("Outage_began by hand", "Outage_began by hand"),
    ],
)
def test_values_read_as_people_write(stored: str, read: str):
    assert words.value(stored) == read
    assert words.value([stored, stored]) == f"{read}, {read}"


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("window_start", "window start"),
        ("rto_seconds", "RTO seconds"),
        ("until_on", "until"),
        ("at", "at"),
        ("what", "what"),
    ],
)
def test_names_read_as_people_write(stored: str, read: str):
    assert words.spoken(stored) == read


def test_the_file_and_the_api_keep_what_was_written(reading: Client, auditor: User):
    at = dt.datetime(2026, 11, 21, 8, 22, 18, 701670, tzinfo=dt.UTC)
    record(Kind.DRILL_MARKED, auditor, by=auditor, at=at, after={"what": "outage_began", "at": at})
    text = reading.get("/trail/").text
    assert "21 Nov 2026 08:22:18 UTC" in text
    assert "outage began" in text
    assert "T08:22:18.701670+00:00" not in text
    raw = "2026-11-21T08:22:18.701670+00:00"
    exported: Any = reading.get("/trail/export/")
    assert raw in b"".join(exported.streaming_content).decode()
    assert reading.get("/api/v1/events/").json()["results"][0]["after"] == {"what": "outage_began", "at": raw}


def test_a_kind_that_is_no_longer_written_shows_its_bare_name():
    assert Event(kind="plan.burnt").get_kind_display() == "plan.burnt"


def test_values_are_escaped(reading: Client):
    team = Team.objects.create(name="<script>alert(1)</script>")
    record(Kind.TEAM_ADDED, team, by=PORTAL, at=AT, after={"<b>name": "<i>x"})
    text = reading.get(reverse("trail:list")).content.decode()
    assert "<script>alert" not in text
    assert "<i>x" not in text
    assert "<b>name" not in text


def test_the_history_of_a_thread_is_the_latest_first(story: list[Event], team: Team, django_assert_num_queries):
    with django_assert_num_queries(1):
        lines = list(queries.history(f"team:{team.pk}", 5))
        assert [line.seal_or_none is not None for line in lines] == [False, True]
    assert lines == [story[3], story[0]]
    assert len(queries.history(f"team:{team.pk}", 1)) == 1


def test_page_and_api_ask_the_same_questions():
    assert set(EventFilter.base_filters) == {
        "subject", "person", "kind", "door", "since", "until", "thread", "actor_id"
    }  # fmt: skip
