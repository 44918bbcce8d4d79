from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from audit.kinds import Kind
from audit.models import Door, Event
from audit.services import PORTAL, SECRET_WORDS, difference, plain, record, record_many, thread_of, through
from people.models import Role, Team, User

AT = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))


@pytest.fixture
def team(db) -> Team:
    return Team.objects.create(name="Payments")


@pytest.mark.django_db(transaction=True)
def test_a_line_outside_a_transaction_is_refused():
    team = Team.objects.create(name="Payments")
    with pytest.raises(transaction.TransactionManagementError, match="transaction of its deed"):
        record(Kind.TEAM_ADDED, team, by=PORTAL, at=AT)
    with pytest.raises(transaction.TransactionManagementError, match="transaction of its deed"):
        record_many(Kind.TEAM_ADDED, [(team, {}, {})], by=PORTAL, at=AT)
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_line_vanishes_with_the_deed_that_failed():
    team = Team.objects.create(name="Payments")

    def failing_deed() -> None:
        with transaction.atomic():
            record(Kind.TEAM_ADDED, team, by=PORTAL, at=AT)
            raise RuntimeError("after the line")

    with pytest.raises(RuntimeError):
        failing_deed()
    assert not Event.objects.exists()


def test_a_line_says_who_what_when_and_through_which_door(team: Team):
    by = User.objects.create_user("astrid@harbour-mutual.example", name="Astrid Lunde")
    with through(Door.API):
        event = record(Kind.TEAM_CHANGED, team, by=by, at=AT, before={"name": "Pay"}, after={"name": "Payments"})
    event.refresh_from_db()
    assert (event.actor_id, event.actor_name, event.door) == (by.pk, "Astrid Lunde", Door.API)
    assert (event.subject_type, event.subject_id, event.subject_name) == ("people.team", str(team.pk), "Payments")
    assert event.at == AT
    assert (event.before, event.after, event.thread) == ({"name": "Pay"}, {"name": "Payments"}, f"team:{team.pk}")


def test_the_portal_itself_comes_in_by_its_timetable(team: Team):
    with through(Door.PAGE):
        assert record(Kind.TEAM_CHANGED, team, by=PORTAL, at=AT).door == Door.SWEEP


def test_a_subject_without_a_number_is_known_by_its_key(db):
    role = Role(key="auditor", name="Auditor")
    assert record(Kind.REFERENCE_CHANGED, role, by=PORTAL, at=AT).subject_id == "auditor"
    assert thread_of(role) == "role:auditor"


def test_the_record_reads_the_same_after_a_rename(team: Team):
    record(Kind.TEAM_ADDED, team, by=PORTAL, at=AT)
    Team.objects.update(name="Settlements")
    assert Event.objects.get().subject_name == "Payments"


def test_an_unknown_kind_is_refused(team: Team):
    with pytest.raises(ValueError, match="is not a valid Kind"):
        record("team.exploded", team, by=PORTAL, at=AT)  # type: ignore[arg-type]


@pytest.mark.parametrize("word", [*SECRET_WORDS, "new_Password", "apiKey"])
def test_a_secret_cannot_enter_the_trail(team: Team, word: str):
    for values in ({word: "x"}, {"form": {word: "x"}}, {"rows": [{word: "x"}]}):
        with pytest.raises(ValueError, match="may be a secret"):
            record(Kind.TEAM_CHANGED, team, by=PORTAL, at=AT, after=values)


def test_values_without_an_exact_form_are_refused():
    for value in (1.5, b"bytes", dt.timedelta(minutes=1), object()):
        with pytest.raises(TypeError, match="no exact form"):
            plain({"value": value})


def test_values_are_stored_exactly(team: Team):
    after = {
        "n": 2**70,
        "cost": Decimal("10.50"),
        "on": dt.date(2026, 1, 2),
        "at": AT,
        "text": "a\0b",
        "list": (1, None),
    }
    event = record(Kind.TEAM_CHANGED, team, by=PORTAL, at=AT, after={**after, "team": team})
    event.refresh_from_db()
    assert event.after == {
        "n": 2**70, "cost": "10.50", "on": "2026-01-02", "at": "2026-11-21T08:30:00+00:00", "text": "ab",
        "list": [1, None], "team": "Payments",
    }  # fmt: skip


def test_sets_are_stored_in_one_order():
    assert plain({"rights": {"b", "a", "c"}}) == {"rights": ["a", "b", "c"]}


def test_many_lines_cost_few_queries(team: Team, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        assert record_many(Kind.TEAM_CHANGED, ((team, {}, {"n": n}) for n in range(1500)), by=PORTAL, at=AT) == 1500
    assert Event.objects.count() == 1500


def test_a_difference_keeps_only_what_changed():
    assert difference({"a": 1, "b": 2, "gone": 3}, {"a": 1, "b": 5, "new": None}) == ({"b": 2}, {"b": 5})
    assert difference({"a": 1}, {"a": 1, "new": 4}) == ({"new": None}, {"new": 4})
