from django.db import migrations

TERMS = ("proposed_by_id", "proposer_may_sign", "one_per_person")
OLD, NEW = (", ".join(f"{row}.{column}" for column in TERMS) for row in ("OLD", "NEW"))


class Migration(migrations.Migration):
    """By whom a request may be signed is settled when it is asked for."""

    dependencies = [("signoffs", "0004_one_signature_per_person"), ("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            f"""
            CREATE TRIGGER signoffs_request_terms_frozen BEFORE UPDATE ON signoffs_request
                FOR EACH ROW WHEN (ROW({OLD}) IS DISTINCT FROM ROW({NEW}))
                EXECUTE FUNCTION audit_refuse_change('who may sign a request is settled when it is asked for');
            """,
            "DROP TRIGGER signoffs_request_terms_frozen ON signoffs_request;",
        )
    ]
