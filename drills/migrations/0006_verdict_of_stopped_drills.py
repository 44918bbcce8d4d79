import django.contrib.postgres.operations
from django.db import migrations, models

# Every drill that measured recovery and was finished counts for the interval; until now no other could be the newest proof.
PROOFS, NO_SUCCESS = ["met", "missed", "claimed", "unmeasured"], ["", "missed", "unmeasured"]
FILL = "UPDATE workloads_workload SET drilled_on = proven_on WHERE proven_on IS NOT NULL"


class Migration(migrations.Migration):
    """A stopped drill can have missed its targets; nobody clicks the time of the newest surviving data. Drills that are over
    stay as they are."""

    dependencies = [("drills", "0005_search_in_another_spelling"), ("workloads", "0026_drills_that_count")]
    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="drill",
            index=models.Index(
                condition=models.Q(("state", "stopped")), fields=["called_off_at"], name="drill_stopped"
            ),
        ),
        migrations.RemoveConstraint(model_name="drill", name="drill_result_when_finished"),
        migrations.AddConstraint(
            model_name="drill",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("report__isnull", False), ("rto_verdict__in", PROOFS), ("state", "finished"),
                             ("digest__regex", "^[0-9a-f]{64}$"), ("rpo_verdict__in", PROOFS)),
                    models.Q(("digest", ""), ("report__isnull", True), ("rto_verdict__in", NO_SUCCESS), ("state", "stopped"),
                             ("rpo_verdict__in", NO_SUCCESS)),
                    models.Q(models.Q(("state__in", ["finished", "stopped"]), _negated=True), ("digest", ""),
                             ("recovery_seconds__isnull", True), ("report__isnull", True), ("rpo_verdict", ""),
                             ("rto_verdict", ""), ("declare_seconds__isnull", True), ("loss_seconds__isnull", True)),
                    _connector="OR",
                ),
                name="drill_result_when_finished",
            ),
        ),
        django.contrib.postgres.operations.AddConstraintNotValid(
            model_name="mark",
            constraint=models.CheckConstraint(
                condition=models.Q(("grade", "live"), ("what", "newest_data"), _negated=True),
                name="mark_newest_data_never_live",
            ),
        ),
    ]
