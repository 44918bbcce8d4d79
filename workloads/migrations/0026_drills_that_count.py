from django.db import migrations, models


class Migration(migrations.Migration):
    """When a workload was last drilled to the end; a stopped drill may be its newest proof and does not count for the interval.
    `drills.0005` fills it."""

    dependencies = [("workloads", "0025_shared_services")]
    operations = [
        migrations.AddField(
            model_name="workload",
            name="drilled_on",
            field=models.DateField(null=True, verbose_name="last finished drill"),
        ),
        migrations.AlterField(
            model_name="workload",
            name="proven_moment",
            field=models.DateTimeField(null=True, verbose_name="last drill ended"),
        ),
    ]
