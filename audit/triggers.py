"""Laws about history, kept by the database itself: operations for the migrations of any app.

Written by hand, not with django-pgtrigger: see docs/decisions/0003-triggers-by-hand.md. The functions are made by
`audit/migrations/0002_append_only.py`; a migration that uses these operations depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from django.db.migrations.operations import RunSQL

# Every trigger function is bound to it and names its tables with their schema: a temporary table of the same name, which
# any role may make and which PostgreSQL otherwise finds first, is never asked.
SEARCH_PATH = "pg_catalog, public, pg_temp"

# TG_ARGV[0], where given, says what is kept and why; otherwise the table's name does.
REFUSE_CHANGE = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: %', TG_OP, TG_TABLE_NAME,
        COALESCE(TG_ARGV[0], 'this table only grows, what was written stays as it was written')
        USING ERRCODE = 'restrict_violation';
END $$;
"""

# Waiting rows are written by a trigger and not by `record`, so that a line inserted past the portal is sealed as well.
QUEUE_FOR_SEAL = """
CREATE FUNCTION audit_queue_for_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (event_id) SELECT id FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_event_queue_for_seal AFTER INSERT ON audit_event
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION audit_queue_for_seal();
"""

# TG_ARGV[0]: {state: {next state: [columns that may change with it]}}; "*" stands for all of them. TG_ARGV[1]: states in which
# a row may go. Whatever is not named is refused, so that a column added later is kept from its first day.
HOLD_TO_MOVES = f"""
CREATE FUNCTION public.audit_hold_to_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = {SEARCH_PATH} AS $$
DECLARE
    free jsonb;
    names text[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF TG_ARGV[1]::jsonb ? OLD.state THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'DELETE on % refused: what is % stays', TG_TABLE_NAME, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    free := TG_ARGV[0]::jsonb -> OLD.state -> NEW.state;
    IF free IS NULL AND NEW.state IS DISTINCT FROM OLD.state THEN
        RAISE EXCEPTION 'UPDATE on % refused: what is % does not become %', TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF free ? '*' AND OLD.id = NEW.id THEN
        RETURN NEW;
    END IF;
    names := ARRAY(SELECT jsonb_array_elements_text(free)) || 'state'::text;
    IF to_jsonb(OLD) - names IS DISTINCT FROM to_jsonb(NEW) - names THEN
        RAISE EXCEPTION 'UPDATE on % refused: of what is % nothing else may change', TG_TABLE_NAME, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""  # noqa: S608 (constants only)


def held_to_moves(
    table: str, moves: Mapping[str, Mapping[str, Collection[str]]], *, may_go: Collection[str] = ()
) -> RunSQL:
    """Let rows of `table` move only as `moves` says, change only what it names, and go only in the states `may_go`.

    `moves` is {state: {next state: columns that may change with it}}; the same state twice is a change without a move, "*" is
    every column but the key. The moves are those of the model (`MOVES`): `tests/laws/test_history.py` compares them. A later
    migration that fills a new column of old rows puts `let_go(table)` before and `held_to_moves(…)` after it.
    """
    rule = json.dumps({state: {to: list(names) for to, names in by.items()} for state, by in moves.items()})
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_moves BEFORE UPDATE OR DELETE ON public.{table}
            FOR EACH ROW EXECUTE FUNCTION public.audit_hold_to_moves({_text(rule)}, {_text(json.dumps(list(may_go)))});
        """,
        f"DROP TRIGGER {table}_moves ON public.{table};",
    )


def let_go(table: str) -> RunSQL:
    """Take `held_to_moves` back."""
    return RunSQL(f"DROP TRIGGER {table}_moves ON public.{table};", RunSQL.noop)


def never_truncated(table: str) -> RunSQL:
    """Refuse TRUNCATE on `table`, whoever asks."""
    return RunSQL(_never_truncated(table), f"DROP TRIGGER {table}_never_truncated ON {table};")


def bound(functions: Collection[str]) -> RunSQL:
    """Bind functions that name their tables without a schema, or none at all, to the fixed search path."""
    steps = (f"ALTER FUNCTION public.{name}() SET search_path = {SEARCH_PATH};" for name in functions)
    back = (f"ALTER FUNCTION public.{name}() RESET search_path;" for name in functions)
    return RunSQL("\n".join(steps), "\n".join(back))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on `table`, whoever asks."""
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
        {_never_truncated(table)}
        """,
        f"""
        DROP TRIGGER {table}_append_only ON {table};
        DROP TRIGGER {table}_never_truncated ON {table};
        """,
    )


def frozen_when(table: str, condition: str, columns: Collection[str] = ()) -> RunSQL:
    """Refuse UPDATE and DELETE of rows that met `condition` before the change, and TRUNCATE of the whole table.

    `condition` is SQL about OLD, as in `OLD.state = 'finished'`. With `columns`, only a change of one of these values
    is refused (and the DELETE); a row may then still move on in the others. Condition and names come from migrations
    alone, never from a person.
    """
    if columns:
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        changed = f"({condition}) AND ROW({old}) IS DISTINCT FROM ROW({new})"
    else:
        changed = condition
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_frozen_update BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION audit_refuse_change('this row is finished and frozen');
        CREATE TRIGGER {table}_frozen_delete BEFORE DELETE ON {table}
            FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION audit_refuse_change('this row is finished and frozen');
        {_never_truncated(table)}
        """,
        f"""
        DROP TRIGGER {table}_frozen_update ON {table};
        DROP TRIGGER {table}_frozen_delete ON {table};
        DROP TRIGGER {table}_never_truncated ON {table};
        """,
    )


def _never_truncated(table: str) -> str:
    return f"""CREATE TRIGGER {table}_never_truncated BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();"""
