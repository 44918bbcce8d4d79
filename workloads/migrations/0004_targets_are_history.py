from django.db import migrations

from audit.triggers import append_only, frozen_when


class Migration(migrations.Migration):
    """What was sent for signature keeps its values; a reaffirmation stays as it was given."""

    dependencies = [("workloads", "0003_role_for_workload"), ("audit", "0002_append_only")]
    operations = [
        frozen_when(
            "workloads_classification",
            "OLD.state <> 'proposed'",
            ["workload_id", "tier_id", "slo", "rto_seconds", "rpo_seconds", "reason", "looser_reason", "proposed_at",
             "proposed_by_id"],
        ),
        append_only("workloads_reaffirmation"),
    ]
