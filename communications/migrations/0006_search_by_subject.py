from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    """A search over everything does not read every message."""

    dependencies = [("communications", "0005_lease_only_while_leaving")]
    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            "message",
            GinIndex(OpClass(Upper("subject_line"), name="gin_trgm_ops"), name="message_subject_search"),
        ),
    ]
