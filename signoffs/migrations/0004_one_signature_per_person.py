import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Requests on which one person signed more than once keep what was signed: they are exempt, as if their tier had been.
# Signatures are append-only, so the trigger that says so sleeps while their new columns are filled.
FILL = """
UPDATE signoffs_request SET proposed_by_id = requested_by_id;
UPDATE signoffs_request SET one_per_person = false WHERE id IN (
    SELECT slot.request_id FROM signoffs_signature given JOIN signoffs_slot slot ON slot.id = given.slot_id
    GROUP BY slot.request_id, given.signer_id HAVING count(*) > 1
);
ALTER TABLE signoffs_signature DISABLE TRIGGER USER;
UPDATE signoffs_signature given SET request_id = request.id, one_per_person = request.one_per_person
    FROM signoffs_slot slot JOIN signoffs_request request ON request.id = slot.request_id WHERE slot.id = given.slot_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE signoffs_signature ENABLE TRIGGER USER;
"""
KEPT_TRUE = """
ALTER TABLE signoffs_signature
    ADD CONSTRAINT signature_request_of_slot FOREIGN KEY (slot_id, request_id)
        REFERENCES signoffs_slot (id, request_id),
    ADD CONSTRAINT signature_rule_of_request FOREIGN KEY (request_id, one_per_person)
        REFERENCES signoffs_request (id, one_per_person);
"""
KEPT_TRUE_NO_MORE = """
ALTER TABLE signoffs_signature DROP CONSTRAINT signature_request_of_slot, DROP CONSTRAINT signature_rule_of_request;
"""


class Migration(migrations.Migration):
    """A person signs once per request, and a request knows whose proposal it is."""

    dependencies = [("signoffs", "0003_search_by_title"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("request", "one_per_person", models.BooleanField(default=True)),
        migrations.AddField("request", "proposer_may_sign", models.BooleanField(default=True)),
        migrations.AddField(
            "request", "proposed_by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField("signature", "one_per_person", models.BooleanField(default=True)),
        migrations.AddField(
            "signature", "request",
            models.ForeignKey(
                null=True, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="signatures",
                to="signoffs.request",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            "request", "proposed_by",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            "signature", "request",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="signatures",
                to="signoffs.request",
            ),
        ),
        migrations.AddConstraint(
            "request", models.UniqueConstraint(fields=("id", "one_per_person"), name="request_rule_of_signatures")
        ),
        migrations.AddConstraint("slot", models.UniqueConstraint(fields=("id", "request"), name="slot_of_request")),
        migrations.AddIndex("signature", models.Index(fields=["request"], name="signature_request")),
        migrations.AddConstraint(
            "signature",
            models.UniqueConstraint(
                condition=models.Q(("one_per_person", True)), fields=("request", "signer"),
                name="signature_once_per_person",
            ),
        ),
        migrations.RunSQL(KEPT_TRUE, KEPT_TRUE_NO_MORE),
    ]  # fmt: skip
