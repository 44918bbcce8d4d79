from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A workload that other teams build on: everybody may see it, and say that they need it."""

    dependencies = [("workloads", "0024_words_for_the_search")]
    operations = [
        migrations.AddField(
            "workload", "is_shared", models.BooleanField(default=False, db_default=False, verbose_name="shared service")
        ),
        migrations.AddIndex(
            "workload", models.Index(fields=["id"], condition=Q(is_shared=True), name="workload_shared")
        ),
    ]
