from django.db import migrations, models

# What has been sent already: whose proposal it is stands with the target. A proposer who has signed an open request of a
# critical tier already keeps that signature; nothing is asked of her again.
FILL = """
UPDATE workloads_tier SET proposer_may_sign = false WHERE level < 2;
UPDATE signoffs_request request SET proposed_by_id = target.proposed_by_id
    FROM workloads_classification target
    WHERE target.request_id = request.id AND request.proposed_by_id <> target.proposed_by_id;
UPDATE signoffs_request request SET proposer_may_sign = false
    FROM workloads_classification target
    WHERE target.request_id = request.id AND request.state = 'open' AND target.tier_id < 2 AND NOT EXISTS (
        SELECT FROM signoffs_signature given
        WHERE given.request_id = request.id AND given.signer_id = request.proposed_by_id
    );
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    """Distinct people sign, and who proposes a critical target does not; both by tier."""

    dependencies = [("workloads", "0028_review_reasons_by_number"), ("signoffs", "0004_one_signature_per_person")]
    # After it, these columns of a request do not change any more.
    run_before = [("signoffs", "0005_who_signs_is_frozen")]
    operations = [
        migrations.AddField(
            "tier", "distinct_signers", models.BooleanField(default=True, verbose_name="each signature is another person's")
        ),
        migrations.AddField(
            "tier", "proposer_may_sign", models.BooleanField(default=True, verbose_name="who proposes may sign too")
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "tier",
            models.CheckConstraint(
                condition=models.Q(("distinct_signers", True), ("level__gte", 2), _connector="OR"),
                name="tier_critical_has_distinct_signers",
            ),
        ),
    ]  # fmt: skip
