"""An empty database between tests that really commit, although the trail refuses to be emptied.

Django empties the tables by TRUNCATE, which the triggers about history refuse, and rightly so. Here every table gets
DELETE instead, with triggers switched off for that moment (the test role is superuser), and then exactly the rows that
the migrations shipped: roles, tiers, signing rules. DELETE on small tables is also some twenty times faster.
"""

from __future__ import annotations

from unittest import mock

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

from tests.cast import NOW

# Laid down by migrate, never changed by a test, and numbered: their rows stay.
UNTOUCHED = frozenset({"django_migrations", "django_content_type", "auth_permission"})


def remember_shipped_rows() -> None:
    """Copy what the migrations shipped into the schema `shipped`."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS shipped CASCADE; CREATE SCHEMA shipped")
        for table in _tables():
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}")')
            if cursor.fetchone()[0]:
                cursor.execute(f'CREATE TABLE shipped."{table}" AS TABLE "{table}"')


def stop_the_calendar() -> None:
    """Tests play on a day of their own (`tests.cast.NOW`), and the database judges what is past by it."""
    day = "CREATE OR REPLACE FUNCTION public.people_earliest_today() RETURNS date LANGUAGE sql STABLE AS"
    with connection.cursor() as cursor:
        cursor.execute(f"{day} $$ SELECT DATE '{NOW.date()}' - 1 $$")


def restore_shipped_rows() -> None:
    """Leave in every table what the migrations shipped and nothing else."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shipped'")
        shipped = [name for (name,) in cursor.fetchall()]
        steps = ["SET LOCAL session_replication_role = replica"]
        steps += [f'DELETE FROM "{table}"' for table in _tables()]
        steps += [f'INSERT INTO "{table}" SELECT * FROM shipped."{table}"' for table in shipped]
        cursor.execute("; ".join(steps))


def _tables() -> list[str]:
    return [name for name in connection.introspection.table_names() if name not in UNTOUCHED]


def _teardown(self: TransactionTestCase) -> None:
    restore_shipped_rows()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """pytest-django's own set-up, and then tests that commit leave shipped rows behind (see above)."""
    with django_db_blocker.unblock():
        remember_shipped_rows()
        stop_the_calendar()
    with mock.patch.object(TransactionTestCase, "_fixture_teardown", _teardown):
        yield
