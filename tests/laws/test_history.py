"""What the database itself keeps: moves as the models say, and functions that no temporary table fools."""

from __future__ import annotations

import json
import re

import pytest
from django.apps import apps
from django.db import connection

from audit.states import Stateful

pytestmark = pytest.mark.django_db

# Work that waits, gone a while after it is done; nothing rests on what it was.
NO_HISTORY = {"workloads_pendingimport"}
KEPT = {
    m._meta.db_table: m for m in apps.get_models() if issubclass(m, Stateful) and m._meta.db_table not in NO_HISTORY
}


def asked(sql, values=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def functions():
    return asked(
        "SELECT p.proname, coalesce(array_to_string(p.proconfig, ';'), ''), p.prosrc FROM pg_proc p"
        " WHERE p.pronamespace = 'public'::regnamespace AND EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid)"
    )


def test_every_trigger_function_looks_for_tables_where_nobody_else_can_put_one():
    found = functions()
    assert found
    assert {name: path for name, path, _ in found if path != "search_path=pg_catalog, public, pg_temp"} == {}


def test_every_trigger_function_names_its_tables_with_their_schema():
    tables = "|".join(connection.introspection.table_names())
    bare = {name: re.findall(rf"(?<![\w.'])(?:{tables})\b(?!\s*\.)", source) for name, _, source in functions()}
    assert {name: names for name, names in bare.items() if names} == {}


@pytest.mark.parametrize("table", sorted(KEPT))
def test_the_database_knows_exactly_the_moves_of_the_model(table):
    [(given,)] = asked("SELECT tgargs FROM pg_trigger WHERE tgname = %s", [f"{table}_moves"])
    rule = json.loads(bytes(given).split(b"\0")[0])
    known = {(state, to) for state, by in rule.items() for to in by if to != state}
    model = KEPT[table]
    moves = {(str(source), str(move.target)) for move in model.MOVES.values() for source in move.sources}
    assert known == moves | {(str(source), str(target)) for source, target in model.SET_MOVES}


@pytest.mark.parametrize("table", sorted(KEPT))
def test_what_the_database_lets_change_is_there(table):
    [(given,)] = asked("SELECT tgargs FROM pg_trigger WHERE tgname = %s", [f"{table}_moves"])
    columns = {f.column for f in KEPT[table]._meta.concrete_fields} | {"*"}
    named = {n for by in json.loads(bytes(given).split(b"\0")[0]).values() for names in by.values() for n in names}
    assert named <= columns
