from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    """A search over everything does not read every message."""

    dependencies = [("communications", "0005_lease_only_while_leaving")]
    operations = [
        # Other rooms use it as well, so that going back leaves it.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        migrations.AddIndex(
            "message",
            GinIndex(OpClass(Upper("subject_line"), name="gin_trgm_ops"), name="message_subject_search"),
        ),
    ]
