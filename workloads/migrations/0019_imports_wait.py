"""A file on its way into the register has a state; those that are kept now have been checked already."""

import django.utils.timezone
from django.db import migrations, models

STATES = [
    ("waiting", "Waits to be checked"), ("checking", "Being checked"), ("checked", "Checked"), ("unreadable", "Cannot be used"),
    ("queued", "Waits to be imported"), ("importing", "Being imported"), ("imported", "Imported"), ("failed", "Given up"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("workloads", "0018_own_recovery_time")]

    operations = [
        migrations.AddField(
            "pendingimport", "state", models.CharField(choices=STATES, default="checked", max_length=10)
        ),
        migrations.AlterField(
            "pendingimport", "state", models.CharField(choices=STATES, default="waiting", max_length=10)
        ),
        migrations.AddField(
            "pendingimport",
            "since",
            models.DateTimeField(default=django.utils.timezone.now, verbose_name="in this state since"),
            preserve_default=False,
        ),
        migrations.AlterField("pendingimport", "report", models.JSONField(default=dict)),
        migrations.AddField(
            "pendingimport",
            "said",
            models.TextField(blank=True, default="", verbose_name="what came of it"),
            preserve_default=False,
        ),
        migrations.AddField(
            "pendingimport",
            "agreed",
            models.CharField(blank=True, default="", max_length=64, verbose_name="digest of the report agreed to"),
            preserve_default=False,
        ),
        migrations.AddField(
            "pendingimport",
            "leases",
            models.PositiveSmallIntegerField(default=0, verbose_name="times it was taken up"),
        ),
        migrations.AddField("pendingimport", "lease_token", models.UUIDField(null=True)),
        migrations.AddField("pendingimport", "lease_until", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "pendingimport",
            models.CheckConstraint(
                condition=models.Q(
                    ("lease_token__isnull", False),
                    ("lease_until__isnull", False),
                    ("state__in", ["checking", "importing"]),
                )
                | (
                    models.Q(("lease_token__isnull", True), ("lease_until__isnull", True))
                    & ~models.Q(("state__in", ["checking", "importing"]))
                ),
                name="import_leased_at_work",
            ),
        ),
        migrations.AddIndex(
            "pendingimport",
            models.Index(
                condition=models.Q(("state__in", ["waiting", "checking", "queued", "importing"])),
                fields=["since"],
                name="import_to_do",
            ),
        ),
    ]
