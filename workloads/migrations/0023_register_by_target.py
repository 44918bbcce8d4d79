from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Left

KEEP = """
CREATE OR REPLACE FUNCTION workloads_keep_tier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workloads_workload w SET tier_now = kept.tier, review_on = kept.review_on, state_now = kept.state,
        open_now = kept.open, rto_now = kept.rto, rpo_now = kept.rpo
    FROM (
        SELECT touched.workload_id, now.tier_id AS tier, now.review_on, now.rto_seconds AS rto, now.rpo_seconds AS rpo,
            COALESCE(now.open, '') AS open,
            COALESCE(now.state, CASE WHEN newest.state = 'rejected' THEN 'rejected' END, 'none') AS state
        FROM (SELECT DISTINCT workload_id FROM written) touched
        LEFT JOIN LATERAL (
            SELECT c.tier_id, c.state, c.rto_seconds, c.rpo_seconds,
                CASE WHEN c.state = 'signed_off' THEN c.review_due_on END AS review_on,
                max(c.state) FILTER (WHERE c.state <> 'signed_off') OVER () AS open
            FROM workloads_classification c
            WHERE c.workload_id = touched.workload_id AND c.state IN ('signed_off', 'in_review', 'proposed')
            ORDER BY c.state <> 'signed_off' LIMIT 1) now ON true
        LEFT JOIN LATERAL (
            SELECT c.state FROM workloads_classification c
            WHERE c.workload_id = touched.workload_id AND now.state IS NULL
            ORDER BY c.proposed_at DESC, c.id DESC LIMIT 1) newest ON true
    ) kept
    WHERE w.id = kept.workload_id
      AND (w.tier_now, w.review_on, w.state_now, w.open_now, w.rto_now, w.rpo_now)
        IS DISTINCT FROM (kept.tier, kept.review_on, kept.state, kept.open, kept.rto, kept.rpo);
    RETURN NULL;
END $$;
"""
FILL = """
UPDATE workloads_workload w SET state_now = kept.state, open_now = kept.open, rto_now = kept.rto, rpo_now = kept.rpo
FROM (
    SELECT DISTINCT ON (c.workload_id) c.workload_id,
        CASE WHEN c.state IN ('signed_off', 'in_review', 'proposed', 'rejected') THEN c.state ELSE 'none' END AS state,
        COALESCE(max(c.state) FILTER (WHERE c.state IN ('in_review', 'proposed')) OVER (PARTITION BY c.workload_id), '') AS open,
        CASE WHEN c.state IN ('signed_off', 'in_review', 'proposed') THEN c.rto_seconds END AS rto,
        CASE WHEN c.state IN ('signed_off', 'in_review', 'proposed') THEN c.rpo_seconds END AS rpo
    FROM workloads_classification c
    ORDER BY c.workload_id, c.state <> 'signed_off', c.state NOT IN ('in_review', 'proposed'), c.proposed_at DESC, c.id DESC
) kept
WHERE w.id = kept.workload_id;
"""
AS_BEFORE = """
CREATE OR REPLACE FUNCTION workloads_keep_tier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workloads_workload w SET tier_now = kept.tier, review_on = kept.review_on
    FROM (
        SELECT touched.workload_id, now.tier_id AS tier, now.review_on
        FROM (SELECT DISTINCT workload_id FROM written) touched
        LEFT JOIN LATERAL (
            SELECT c.tier_id, CASE WHEN c.state = 'signed_off' THEN c.review_due_on END AS review_on
            FROM workloads_classification c
            WHERE c.workload_id = touched.workload_id AND c.state IN ('signed_off', 'in_review', 'proposed')
            ORDER BY c.state <> 'signed_off' LIMIT 1) now ON true
    ) kept
    WHERE w.id = kept.workload_id
      AND (w.tier_now IS DISTINCT FROM kept.tier OR w.review_on IS DISTINCT FROM kept.review_on);
    RETURN NULL;
END $$;
"""


def kept(name, field):
    return migrations.AddField("workload", name, field)


def index(*said, **named):
    return migrations.AddIndex("workload", models.Index(*said, **named))


class Migration(migrations.Migration):
    """With 100,000 workloads every order and every filter of the register reads what it shows from an index."""

    dependencies = [("workloads", "0022_findings_when_reaffirmed")]
    operations = [
        kept("state_now", models.CharField("target", max_length=10, default="none", db_default="none", editable=False)),
        kept(
            "open_now",
            models.CharField("open target", max_length=10, default="", db_default="", blank=True, editable=False),
        ),
        kept("rto_now", models.PositiveBigIntegerField("RTO, seconds", null=True, editable=False)),
        kept("rpo_now", models.PositiveBigIntegerField("RPO, seconds", null=True, editable=False)),
        migrations.RunSQL(KEEP, AS_BEFORE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveIndex("workload", "workload_by_review_last"),
        index(fields=["state_now", "name", "id"], name="workload_by_state"),
        index(fields=["rto_now", "rpo_now", "name", "id"], name="workload_by_target"),
        index(fields=["proof_rto", "name", "id"], name="workload_by_proof"),
        index(fields=["proven_on", "name", "id"], name="workload_by_proven"),
        index(Left("purpose", 60), "name", "id", name="workload_by_purpose"),
        index(fields=["open_now"], condition=~Q(open_now=""), name="workload_open"),
        index(fields=["lifecycle"], condition=~Q(lifecycle="live"), name="workload_not_live"),
    ]
