from django.db import migrations, models
from django.db.models import Q

from audit.triggers import frozen_when

WAS = [
    "workload_id",
    "finding",
    "title",
    "detail",
    "reason",
    "conditions",
    "ends_on",
    "requested_at",
    "requested_by_id",
]
BEFORE = frozen_when("workloads_waiver", "true", WAS)
NOW = frozen_when("workloads_waiver", "true", [*WAS, "figures"])


class Migration(migrations.Migration):
    """How bad it was when it was waived. What was waived before has no figures and covers the finding whatever it comes to."""

    dependencies = [("workloads", "0019_imports_wait")]
    operations = [
        migrations.AddField(model_name="waiver", name="figures", field=models.JSONField(default=dict)),
        migrations.RemoveConstraint(model_name="waiver", name="waiver_one_per_finding"),
        migrations.AddConstraint(
            model_name="waiver",
            constraint=models.UniqueConstraint(
                condition=Q(state__in=["requested", "granted"]),
                fields=("workload", "finding", "state"),
                name="waiver_one_per_finding_and_state",
            ),
        ),
        migrations.RunSQL(BEFORE.reverse_sql, BEFORE.sql),
        NOW,
    ]
