from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat

from audit.kinds import Kind
from audit.models import Event, Seal, Unsealed
from audit.services import PORTAL, record, record_many
from people.models import Role, Team

AT = dt.datetime(2026, 11, 21, 8, 30, tzinfo=dt.UTC)
COLUMNS = "at, kind, actor_name, door, subject_type, subject_id, subject_name, thread, before, after"
REFUSED = "refused: this table only grows"


def written() -> Event:
    team = Team.objects.create(name="Payments")
    with transaction.atomic():
        return record(Kind.TEAM_ADDED, team, by=PORTAL, at=AT, after={"name": "Payments"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_event SET actor_name = 'Somebody else'",
        "UPDATE audit_event SET id = id",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "UPDATE audit_seal SET digest = '\\x00'",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_seal",
    ],
)
def test_raw_sql_cannot_change_the_trail(sql: str):
    event = written()
    Seal.objects.create(position=1, event=event, encoding=1, digest=b"\0" * 32, sealed_at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Event.objects.get().actor_name == "Portal"


@pytest.mark.django_db
def test_the_orm_cannot_change_the_trail():
    event = written()
    event.actor_name = "Somebody else"
    for deed in (event.save, event.delete, lambda: Event.objects.update(kind="x"), Event.objects.all().delete):
        with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
            deed()


@pytest.mark.django_db
def test_every_line_waits_for_its_seal_however_it_was_written():
    event = written()
    team = Team.objects.get()
    record_many(Kind.TEAM_CHANGED, [(team, {}, {"purpose": str(n)}) for n in range(3)], by=PORTAL, at=AT)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_event ({COLUMNS}) SELECT {COLUMNS} FROM audit_event WHERE id = %s",
            [event.pk],
        )
    assert Unsealed.objects.count() == Event.objects.count() == 5


@pytest.mark.django_db
def test_a_time_that_no_program_can_read_is_refused():
    with pytest.raises(IntegrityError, match="event_at_in_range"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_event ({COLUMNS})"
            " VALUES ('infinity', 'x', 'x', 'page', 'x', '1', 'x', '', '{}', '{}')"
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_tests_that_commit_start_from_what_the_migrations_shipped(turn: int):
    assert not Event.objects.exists()
    assert not Unsealed.objects.exists()
    assert not Team.objects.exists()
    assert Role.objects.get(pk="auditor").name == "Auditor"
    Role.objects.update(name=Concat("key", Value(f" {turn}")))  # undone before the next turn
    written()
