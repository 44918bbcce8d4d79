from django.db import migrations, models


class Migration(migrations.Migration):
    """How long a workload takes by itself; nobody has said so yet of any."""

    dependencies = [("workloads", "0017_register_by_review")]
    operations = [
        migrations.AddField(
            model_name="workload",
            name="own_rto_seconds",
            field=models.PositiveBigIntegerField(null=True, verbose_name="own recovery time, seconds"),
        ),
    ]
