from django.db import migrations, models


class Migration(migrations.Migration):
    """Since when the database answers without a break. Unlogged: a crash empties it, which is a break."""

    dependencies = [("communications", "0007_outbox")]
    operations = [
        migrations.CreateModel(
            name="Awake",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False, default=1)),
                ("since", models.DateTimeField()),
                ("seen", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL("ALTER TABLE communications_awake SET UNLOGGED", "ALTER TABLE communications_awake SET LOGGED"),
    ]
