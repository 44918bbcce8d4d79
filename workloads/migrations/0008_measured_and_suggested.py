import django.db.models.deletion
from django.db import migrations, models

from audit.triggers import frozen_when

WAS = ["workload_id", "tier_id", "slo", "rto_seconds", "rpo_seconds", "reason", "looser_reason", "proposed_at", "proposed_by_id"]
NEW = ["suggested_tier_id", "suggested_rto_seconds", "suggested_rpo_seconds", "suggested_because", "differs_reason", "findings"]
BEFORE = frozen_when("workloads_classification", "OLD.state <> 'proposed'", WAS)
NOW = frozen_when("workloads_classification", "OLD.state <> 'proposed'", [*WAS, *NEW])


class Migration(migrations.Migration):
    """What the last drill measured, what the analysis suggested, and why a review is due early."""

    dependencies = [
        ('workloads', '0007_newest_targets'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='workload',
            options={'ordering': ['name', 'id'], 'permissions': [('propose_tier', 'Propose, send and withdraw a tier'), ('review_tier', 'Reaffirm a target'), ('answer_impact', 'Answer the impact analysis'), ('schedule_drill', 'Schedule, change and cancel drills'), ('run_drill', 'Start drills, record times, finish'), ('open_campaign', 'Open review campaigns and nudge')]},
        ),
        migrations.AddField(
            model_name='classification',
            name='differs_reason',
            field=models.TextField(blank=True, verbose_name='why other than the analysis suggests'),
        ),
        migrations.AddField(
            model_name='classification',
            name='findings',
            field=models.JSONField(default=list, verbose_name='findings when sent'),
        ),
        migrations.AddField(
            model_name='classification',
            name='review_because',
            field=models.CharField(blank=True, max_length=300, verbose_name='why due early'),
        ),
        migrations.AddField(
            model_name='classification',
            name='suggested_because',
            field=models.TextField(blank=True, verbose_name='what decided the suggestion'),
        ),
        migrations.AddField(
            model_name='classification',
            name='suggested_rpo_seconds',
            field=models.PositiveBigIntegerField(null=True, verbose_name='suggested RPO, seconds'),
        ),
        migrations.AddField(
            model_name='classification',
            name='suggested_rto_seconds',
            field=models.PositiveBigIntegerField(null=True, verbose_name='suggested RTO, seconds'),
        ),
        migrations.AddField(
            model_name='classification',
            name='suggested_tier',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workloads.tier'),
        ),
        migrations.AddField(
            model_name='workload',
            name='measured_rpo_seconds',
            field=models.PositiveBigIntegerField(null=True, verbose_name='RPO measured, seconds'),
        ),
        migrations.AddField(
            model_name='workload',
            name='measured_rto_seconds',
            field=models.PositiveBigIntegerField(null=True, verbose_name='RTO measured, seconds'),
        ),
        # What is frozen with a target that was sent grows with what its document says.
        migrations.RunSQL(BEFORE.reverse_sql, BEFORE.sql),
        NOW,
    ]
