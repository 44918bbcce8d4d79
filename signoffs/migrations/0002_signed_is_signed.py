from django.db import migrations

from audit.triggers import append_only, frozen_when


class Migration(migrations.Migration):
    """A signature never changes, nor the document it is bound to, nor what the signature was asked to mean."""

    dependencies = [("signoffs", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        append_only("signoffs_signature"),
        append_only("signoffs_slot"),
        frozen_when(
            "signoffs_request",
            "true",
            ["subject_type", "subject_id", "workload_id", "thread", "title", "document", "text", "digest", "previous_id",
             "requested_at", "requested_by_id", "due_on", "four_eyes"],
        ),
    ]
