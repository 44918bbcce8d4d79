import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Files of other catalogues are read by saved mappings; an upload remembers what was chosen beside it."""

    dependencies = [("workloads", "0013_review_campaigns"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("pendingimport", "options", models.JSONField(default=dict)),
        migrations.CreateModel(
            name="ColumnMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("shared", models.BooleanField(default=False, verbose_name="everybody who imports may use it")),
                ("rows", models.CharField(blank=True, max_length=200, verbose_name="where the list of workloads stands")),
                ("paths", models.JSONField(default=dict, verbose_name="path by column")),
                ("constants", models.JSONField(default=dict, verbose_name="value by column, where the path has none")),
                ("translations", models.JSONField(default=dict, verbose_name="their value to ours, by column")),
                ("saved_at", models.DateTimeField()),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("saved_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["name", "id"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("owner", "name"), name="mapping_name_once")],
            },
        ),
    ]
