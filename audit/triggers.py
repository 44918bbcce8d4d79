"""Laws about history, kept by the database itself: operations for the migrations of any app.

Written by hand, not with django-pgtrigger: see docs/decisions/0003-triggers-by-hand.md. The functions are made by
`audit/migrations/0002_append_only.py`; a migration that uses these operations depends on it.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.migrations.operations import RunSQL

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
