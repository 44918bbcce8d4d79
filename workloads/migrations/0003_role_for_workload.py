from django.db import migrations


class Migration(migrations.Migration):
    """People do not know workloads, so the foreign keys from their rooms to this one are laid from here."""

    dependencies = [("workloads", "0002_shipped_tiers"), ("people", "0002_shipped_roles"), ("signoffs", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE people_roleassignment ADD CONSTRAINT assignment_for_workload
                FOREIGN KEY (workload_id) REFERENCES workloads_workload (id) DEFERRABLE INITIALLY DEFERRED;
            ALTER TABLE signoffs_request ADD CONSTRAINT request_for_workload
                FOREIGN KEY (workload_id) REFERENCES workloads_workload (id) DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE people_roleassignment DROP CONSTRAINT assignment_for_workload;
            ALTER TABLE signoffs_request DROP CONSTRAINT request_for_workload;
            """,
        )
    ]
