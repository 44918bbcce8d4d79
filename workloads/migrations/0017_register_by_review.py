from django.db import migrations, models
from django.db.models import F

KEEP = """
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
UPDATE workloads_workload w SET review_on = c.review_due_on
FROM workloads_classification c WHERE c.workload_id = w.id AND c.state = 'signed_off';
"""
AS_BEFORE = """
CREATE OR REPLACE FUNCTION workloads_keep_tier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workloads_workload w SET tier_now = kept.tier
    FROM (
        SELECT touched.workload_id, (
            SELECT c.tier_id FROM workloads_classification c
            WHERE c.workload_id = touched.workload_id AND c.state IN ('signed_off', 'in_review', 'proposed')
            ORDER BY c.state <> 'signed_off' LIMIT 1) AS tier
        FROM (SELECT DISTINCT workload_id FROM written) touched
    ) kept
    WHERE w.id = kept.workload_id AND w.tier_now IS DISTINCT FROM kept.tier;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    """With 100,000 workloads the register sorted by review date reads its first fifty rows from an index of its own."""

    dependencies = [("workloads", "0016_suggested_mtpd")]
    operations = [
        migrations.AddField("workload", "review_on", models.DateField("review due", null=True, editable=False)),
        migrations.RunSQL(KEEP, AS_BEFORE),
        migrations.AddIndex("workload", models.Index(fields=["review_on", "name", "id"], name="workload_by_review")),
        migrations.AddIndex(
            "workload", models.Index(F("review_on").desc(nulls_last=True), "name", "id", name="workload_by_review_last")
        ),
        migrations.AddIndex(
            "workload",
            models.Index(
                fields=["tier_now", "name", "id"],
                condition=models.Q(proven_on__isnull=True),
                name="workload_unproven",
            ),
        ),
    ]
