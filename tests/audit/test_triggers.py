"""The laws about history that other rooms attach to their tables."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.triggers import append_only, frozen_when, held_to_moves, let_go

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def table(db) -> None:
    run("CREATE TABLE notebook (id int PRIMARY KEY, state text, result text, note text)")
    run("INSERT INTO notebook VALUES (1, 'open', 'a', 'x'), (2, 'done', 'b', 'y')")


def run(sql: Any) -> None:  # an operation may hold a list of statements, ours hold one text
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def refused(sql: str) -> bool:
    try:
        run(sql)
    except DatabaseError as error:
        assert "on notebook refused" in str(error)  # noqa: PT017 (any other error is a fault of the test)
        return True
    return False


def test_an_append_only_table_only_grows():
    run(append_only("notebook").sql)
    assert refused("UPDATE notebook SET note = 'z' WHERE id = 1")
    assert refused("DELETE FROM notebook WHERE id = 1")
    assert refused("TRUNCATE notebook")
    assert not refused("INSERT INTO notebook VALUES (3, 'open', 'c', 'z')")


def test_a_row_is_frozen_from_the_moment_it_meets_the_condition():
    run(frozen_when("notebook", "OLD.state = 'done'").sql)
    assert not refused("UPDATE notebook SET state = 'done' WHERE id = 1")
    assert refused("UPDATE notebook SET note = 'z' WHERE id = 1")
    assert refused("UPDATE notebook SET state = 'open' WHERE id = 2")
    assert refused("DELETE FROM notebook WHERE id = 2")
    assert refused("TRUNCATE notebook")


def test_a_row_that_does_not_meet_it_may_change_and_go():
    run(frozen_when("notebook", "OLD.state = 'done'").sql)
    assert not refused("UPDATE notebook SET note = 'z' WHERE id = 1")
    assert not refused("DELETE FROM notebook WHERE id = 1")


def test_with_columns_given_only_these_are_frozen():
    run(frozen_when("notebook", "OLD.state = 'done'", ["state", "result"]).sql)
    assert not refused("UPDATE notebook SET note = 'z' WHERE id = 2")
    assert not refused("UPDATE notebook SET result = 'b' WHERE id = 2")  # the same value is no change
    assert refused("UPDATE notebook SET result = NULL WHERE id = 2")
    assert refused("UPDATE notebook SET state = 'open', note = 'z' WHERE id = 2")
    assert refused("DELETE FROM notebook WHERE id = 2")


MOVES = held_to_moves(
    "notebook", {"open": {"open": ["note"], "done": ["result"]}, "draft": {"draft": "*"}}, may_go=["draft"]
)


def test_a_row_moves_only_as_it_is_said_and_changes_only_what_is_named():
    run(MOVES.sql)
    assert refused("UPDATE notebook SET state = 'open' WHERE id = 2")
    assert refused("UPDATE notebook SET state = 'lost' WHERE id = 1")
    assert refused("UPDATE notebook SET result = 'z' WHERE id = 1")
    assert refused("UPDATE notebook SET note = 'z' WHERE id = 2")
    assert refused("DELETE FROM notebook WHERE id = 1")
    assert not refused("UPDATE notebook SET note = 'y', state = 'done' WHERE id = 2")  # the same values are no change
    assert not refused("UPDATE notebook SET note = 'z' WHERE id = 1")
    assert refused("UPDATE notebook SET state = 'done', note = 'late' WHERE id = 1")
    assert not refused("UPDATE notebook SET state = 'done', result = 'z' WHERE id = 1")


def test_a_draft_is_free_but_for_its_key():
    run("INSERT INTO notebook VALUES (3, 'draft', 'c', 'z')")
    run(MOVES.sql)
    assert not refused("UPDATE notebook SET note = 'a', result = 'b' WHERE id = 3")
    assert refused("UPDATE notebook SET id = 4 WHERE id = 3")
    assert not refused("DELETE FROM notebook WHERE id = 3")


def test_a_column_that_is_added_later_is_kept_until_somebody_lets_it_go():
    run(MOVES.sql)
    run("ALTER TABLE notebook ADD COLUMN later text")
    assert refused("UPDATE notebook SET later = 'x'")
    run(let_go("notebook").sql)
    assert not refused("UPDATE notebook SET later = 'x'")


@pytest.mark.parametrize("operation", [append_only("notebook"), frozen_when("notebook", "OLD.state = 'done'"), MOVES])
def test_a_migration_can_take_the_law_back(operation):
    run(operation.sql)
    run(operation.reverse_sql)
    assert not refused("UPDATE notebook SET note = 'z'")
    assert not refused("DELETE FROM notebook")
    assert not refused("TRUNCATE notebook")


def test_no_setting_of_a_connection_switches_the_law_off_for_a_plain_role():
    run(append_only("notebook").sql)
    run("CREATE ROLE portal_plain; GRANT ALL ON notebook TO portal_plain; SET LOCAL ROLE portal_plain")
    for sql in ("SET session_replication_role = replica", "ALTER TABLE notebook DISABLE TRIGGER ALL"):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
            run(sql)
    assert refused("UPDATE notebook SET note = 'z'")
