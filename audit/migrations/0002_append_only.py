from django.db import migrations

from audit.triggers import QUEUE_FOR_SEAL, REFUSE_CHANGE, append_only


class Migration(migrations.Migration):
    """The trail only grows, and every line of it is handed to the sealer: laws of the database, not of the portal."""

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION audit_refuse_change();"),
        append_only("audit_event"),
        append_only("audit_seal"),
        migrations.RunSQL(
            QUEUE_FOR_SEAL,
            "DROP TRIGGER audit_event_queue_for_seal ON audit_event; DROP FUNCTION audit_queue_for_seal();",
        ),
    ]
