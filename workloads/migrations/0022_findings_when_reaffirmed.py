from django.db import migrations, models


class Migration(migrations.Migration):
    """What was known to stand against a target when it was reaffirmed, so that the next review sees what is new."""

    dependencies = [("workloads", "0021_moment_of_proof")]
    operations = [
        migrations.AddField(
            model_name="classification",
            name="reviewed_findings",
            field=models.JSONField(null=True, verbose_name="findings when reaffirmed"),
        )
    ]
