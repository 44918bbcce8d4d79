from django.db import migrations

from audit.triggers import SEARCH_PATH, held_to_moves

# As they were, with their tables named in full.
QUALIFIED = f"""
CREATE OR REPLACE FUNCTION public.drills_refuse_part() RETURNS trigger LANGUAGE plpgsql SET search_path = {SEARCH_PATH} AS $$
DECLARE
    state text;
BEGIN
    IF TG_OP <> 'INSERT' AND TG_TABLE_NAME = 'drills_mark' THEN
        RAISE EXCEPTION '% on % refused: a recorded time stays as it was recorded', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT d.state INTO state FROM public.drills_drill d
        WHERE d.id = CASE TG_OP WHEN 'DELETE' THEN OLD.drill_id ELSE NEW.drill_id END FOR SHARE;
    IF state IS DISTINCT FROM TG_ARGV[0] THEN
        RAISE EXCEPTION '% on % refused: the drill is %, not %', TG_OP, TG_TABLE_NAME, state, TG_ARGV[0]
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE OR REPLACE FUNCTION public.drills_refuse_closing() RETURNS trigger LANGUAGE plpgsql SET search_path = {SEARCH_PATH} AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.drills_drill retest JOIN public.drills_drill found ON found.id = NEW.drill_id
        WHERE retest.id = NEW.closed_by_drill_id AND retest.workload_id = found.workload_id
            AND retest.state = 'finished' AND retest.rto_verdict = 'met' AND retest.rpo_verdict = 'met'
            AND retest.started_at > found.started_at
    ) THEN
        RAISE EXCEPTION '% on % refused: only a later drill that met both targets closes a gap', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# Which columns may change in which state stands in the triggers of 0002.
ALL = ["*"]


class Migration(migrations.Migration):
    """A drill and its gaps move only as their models say; no temporary table fools a trigger."""

    dependencies = [("drills", "0006_verdict_of_stopped_drills"), ("audit", "0003_moves_and_moments")]
    operations = [
        migrations.RunSQL(QUALIFIED, migrations.RunSQL.noop),
        held_to_moves(
            "drills_drill",
            {
                "planned": {"planned": ALL, "running": ALL, "cancelled": ALL},
                "running": {"running": ALL, "finished": ALL, "stopped": ALL},
            },
        ),
        held_to_moves(
            "drills_action",
            {"open": {"open": ALL, "done": ALL}, "done": {"done": ALL, "open": ALL, "closed": ALL}},
        ),
    ]
