from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models.functions import Upper

# Once per statement, not per row: an import proposes thousands of targets at once.
KEEP = """
CREATE FUNCTION workloads_keep_tier() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER workloads_classification_keep_tier_added AFTER INSERT ON workloads_classification
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION workloads_keep_tier();
CREATE TRIGGER workloads_classification_keep_tier_changed AFTER UPDATE ON workloads_classification
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION workloads_keep_tier();
UPDATE workloads_workload w SET tier_now = (
    SELECT c.tier_id FROM workloads_classification c
    WHERE c.workload_id = w.id AND c.state IN ('signed_off', 'in_review', 'proposed')
    ORDER BY c.state <> 'signed_off' LIMIT 1);
"""
LET_GO = """
DROP TRIGGER workloads_classification_keep_tier_added ON workloads_classification;
DROP TRIGGER workloads_classification_keep_tier_changed ON workloads_classification;
DROP FUNCTION workloads_keep_tier();
"""


class Migration(migrations.Migration):
    """The register is sorted by tier and searched by words; with 10,000 workloads both need an index of their own."""

    dependencies = [("workloads", "0004_targets_are_history")]
    operations = [
        migrations.AddField(
            "workload",
            "tier_now",
            models.PositiveSmallIntegerField("tier", null=True, editable=False),
        ),
        migrations.AddIndex("workload", models.Index(fields=["name", "id"], name="workload_by_name")),
        migrations.AddIndex("workload", models.Index(fields=["tier_now", "name", "id"], name="workload_by_tier")),
        migrations.AddIndex(
            "workload", GinIndex(OpClass(Upper("purpose"), name="gin_trgm_ops"), name="workload_purpose_search")
        ),
        migrations.AddIndex(
            "workload", GinIndex(OpClass(Upper("reference"), name="gin_trgm_ops"), name="workload_reference_search")
        ),
        migrations.RunSQL(KEEP, LET_GO),
    ]
