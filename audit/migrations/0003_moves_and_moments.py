from django.db import migrations, models
from django.db.models.functions import Now

from audit.triggers import HOLD_TO_MOVES, SEARCH_PATH, bound

QUEUE_FOR_SEAL = """
CREATE OR REPLACE FUNCTION public.audit_queue_for_seal() RETURNS trigger LANGUAGE plpgsql {bound} AS $$
BEGIN
    INSERT INTO {schema}audit_unsealed (event_id) SELECT id FROM written;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    """Triggers that hold rows to the moves of their model; no temporary table fools one; when the database wrote an event."""

    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(HOLD_TO_MOVES, "DROP FUNCTION public.audit_hold_to_moves();"),
        migrations.RunSQL(
            QUEUE_FOR_SEAL.format(bound=f"SET search_path = {SEARCH_PATH}", schema="public."),
            QUEUE_FOR_SEAL.format(bound="", schema=""),
        ),
        bound(["audit_refuse_change"]),
        # A default that is the same for all rows that are there: millions of them are not written anew.
        migrations.AddField("event", "written_at", models.DateTimeField(db_default=Now(), editable=False)),
    ]
