from django.db import migrations, models


class Migration(migrations.Migration):
    """Signs of life of worker, beat and sealing. Until the first one, the time of this migration counts."""

    dependencies = [("audit", "0004_names_and_search")]
    operations = [
        migrations.CreateModel(
            name="Tick",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(
            "INSERT INTO audit_tick (name, at) SELECT unnest(ARRAY['worker', 'beat', 'sealing']), now()",
            migrations.RunSQL.noop,
        ),
    ]
