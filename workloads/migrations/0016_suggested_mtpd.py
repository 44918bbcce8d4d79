from django.db import migrations, models

from audit.triggers import frozen_when

WAS = [
    "workload_id",
    "tier_id",
    "slo",
    "rto_seconds",
    "rpo_seconds",
    "reason",
    "looser_reason",
    "proposed_at",
    "proposed_by_id",
    "suggested_tier_id",
    "suggested_rto_seconds",
    "suggested_rpo_seconds",
    "suggested_because",
    "differs_reason",
    "findings",
]
BEFORE = frozen_when("workloads_classification", "OLD.state <> 'proposed'", WAS)
NOW = frozen_when("workloads_classification", "OLD.state <> 'proposed'", [*WAS, "suggested_mtpd_seconds"])


class Migration(migrations.Migration):
    """The longest tolerable outage, as the signers of a target saw it."""

    dependencies = [("workloads", "0015_saved_views")]
    operations = [
        migrations.AddField(
            model_name="classification",
            name="suggested_mtpd_seconds",
            field=models.PositiveBigIntegerField(null=True, verbose_name="MTPD, seconds"),
        ),
        migrations.RunSQL(BEFORE.reverse_sql, BEFORE.sql),
        NOW,
    ]
