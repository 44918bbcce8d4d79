from django.db import migrations

from audit.triggers import frozen_when

# Needs the drill in a state in which its parts may still change; FOR SHARE waits for whoever is just moving it on.
PART_OF_DRILL = """
CREATE FUNCTION drills_refuse_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    state text;
BEGIN
    IF TG_OP <> 'INSERT' AND TG_TABLE_NAME = 'drills_mark' THEN
        RAISE EXCEPTION '% on % refused: a recorded time stays as it was recorded', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT d.state INTO state FROM drills_drill d
        WHERE d.id = CASE TG_OP WHEN 'DELETE' THEN OLD.drill_id ELSE NEW.drill_id END FOR SHARE;
    IF state IS DISTINCT FROM TG_ARGV[0] THEN
        RAISE EXCEPTION '% on % refused: the drill is %, not %', TG_OP, TG_TABLE_NAME, state, TG_ARGV[0]
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""

# An action is closed only by a later drill of the same workload that met both targets.
CLOSED_BY_RETEST = """
CREATE FUNCTION drills_refuse_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM drills_drill retest JOIN drills_drill found ON found.id = NEW.drill_id
        WHERE retest.id = NEW.closed_by_drill_id AND retest.workload_id = found.workload_id
            AND retest.state = 'finished' AND retest.rto_verdict = 'met' AND retest.rpo_verdict = 'met'
            AND retest.started_at > found.started_at
    ) THEN
        RAISE EXCEPTION '% on % refused: only a later drill that met both targets closes a gap', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER drills_action_closed_by_retest BEFORE INSERT OR UPDATE ON drills_action
    FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION drills_refuse_closing();
"""

BEGUN = ["workload_id", "kind", "scenario", "success_criteria", "window_start", "window_end", "coordinator_id",
         "scheduled_at", "scheduled_by_id", "started_at", "started_by_id", "classification_id", "tier_level",
         "rto_seconds", "rpo_seconds"]
OLD, NEW = (", ".join(f"{row}.{column}" for column in BEGUN) for row in ("OLD", "NEW"))


class Migration(migrations.Migration):
    """What is over stays as it was: drills, their times, their participants, and gaps that a re-test closed."""

    dependencies = [("drills", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        frozen_when("drills_drill", "OLD.state IN ('finished', 'stopped', 'cancelled')"),
        frozen_when("drills_action", "OLD.state = 'closed'"),
        migrations.RunSQL(
            f"""
            CREATE TRIGGER drills_drill_begun_update BEFORE UPDATE ON drills_drill
                FOR EACH ROW WHEN (OLD.state = 'running' AND ROW({OLD}) IS DISTINCT FROM ROW({NEW}))
                EXECUTE FUNCTION audit_refuse_change('what was agreed before the drill began stays');
            CREATE TRIGGER drills_drill_begun_delete BEFORE DELETE ON drills_drill
                FOR EACH ROW WHEN (OLD.state = 'running')
                EXECUTE FUNCTION audit_refuse_change('what was agreed before the drill began stays');
            """,
            """
            DROP TRIGGER drills_drill_begun_update ON drills_drill;
            DROP TRIGGER drills_drill_begun_delete ON drills_drill;
            """,
        ),
        migrations.RunSQL(PART_OF_DRILL, "DROP FUNCTION drills_refuse_part"),
        migrations.RunSQL(
            """
            CREATE TRIGGER drills_mark_while_running BEFORE INSERT OR UPDATE OR DELETE ON drills_mark
                FOR EACH ROW EXECUTE FUNCTION drills_refuse_part('running');
            CREATE TRIGGER drills_mark_never_truncated BEFORE TRUNCATE ON drills_mark
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
            CREATE TRIGGER drills_participants_while_planned BEFORE INSERT OR UPDATE OR DELETE ON drills_drill_participants
                FOR EACH ROW EXECUTE FUNCTION drills_refuse_part('planned');
            CREATE TRIGGER drills_participants_never_truncated BEFORE TRUNCATE ON drills_drill_participants
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
            """,
            """
            DROP TRIGGER drills_mark_while_running ON drills_mark;
            DROP TRIGGER drills_mark_never_truncated ON drills_mark;
            DROP TRIGGER drills_participants_while_planned ON drills_drill_participants;
            DROP TRIGGER drills_participants_never_truncated ON drills_drill_participants;
            """,
        ),
        migrations.RunSQL(
            CLOSED_BY_RETEST,
            "DROP TRIGGER drills_action_closed_by_retest ON drills_action; DROP FUNCTION drills_refuse_closing",
        ),
    ]
