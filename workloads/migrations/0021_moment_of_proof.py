from django.db import migrations, models


class Migration(migrations.Migration):
    """When the last drill was finished, to the second; `drills.0003` fills it from the drills."""

    dependencies = [("workloads", "0020_waiver_figures")]
    operations = [
        migrations.AddField(
            model_name="workload",
            name="proven_moment",
            field=models.DateTimeField(null=True, verbose_name="last drill finished"),
        )
    ]
