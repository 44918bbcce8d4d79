from django.conf import settings
from django.db import migrations

MEASURING = ["functional", "limited-failover", "full-failover", "restore"]
# Of the day that the workload names, the drill that was finished last.
FILL = """
UPDATE workloads_workload w SET proven_moment = d.finished_at
FROM (
    SELECT DISTINCT ON (workload_id) workload_id, finished_at, (finished_at AT TIME ZONE %s)::date AS day
    FROM drills_drill WHERE state = 'finished' AND kind = ANY(%s) ORDER BY workload_id, finished_at DESC
) d
WHERE w.id = d.workload_id AND w.proven_on = d.day
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FILL, [settings.ORGANISATION_TIME_ZONE, MEASURING])


class Migration(migrations.Migration):
    """Tell each workload when its last drill was finished; it knew the day alone."""

    dependencies = [("drills", "0002_history_is_frozen"), ("workloads", "0021_moment_of_proof")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
