from django.db import migrations, models


class Migration(migrations.Migration):
    """How many rounds of messages have left, and whether the outbox is held: one row."""

    dependencies = [("communications", "0006_search_by_subject")]
    operations = [
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False, default=1)),
                ("rounds", models.BigIntegerField(default=0)),
                ("held_at", models.DateTimeField(null=True)),
                ("held_why", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="outbox_is_one"),
                    models.CheckConstraint(
                        condition=models.Q(("held_at__isnull", True), ("held_why", ""))
                        | models.Q(("held_at__isnull", False), models.Q(("held_why", ""), _negated=True)),
                        name="outbox_held_has_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL("INSERT INTO communications_outbox (id, rounds, held_why) VALUES (1, 0, '')", migrations.RunSQL.noop),
    ]
