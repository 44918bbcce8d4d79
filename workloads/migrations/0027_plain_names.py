from django.db import migrations, models

# Names that are unique within something. A name that would be another's gets its number behind it: both are seen.
ONCE = {
    "workloads_component": "workload_id", "workloads_userflow": "workload_id", "workloads_thirdparty": "0",
    "workloads_campaign": "0", "workloads_season": "analysis_id",
    "workloads_columnmapping": "owner_id", "workloads_savedview": "owner_id",
}  # fmt: skip
PLAIN = """
UPDATE {table} later SET name = left(plain_name(name), {room}) || ' (' || id || ')'
WHERE name <> plain_name(name) AND EXISTS (
    SELECT 1 FROM {table} other WHERE other.id <> later.id AND other.{within} = later.{within}
        AND {key}(plain_name(other.name)) = {key}(plain_name(later.name))
        AND (other.name = plain_name(other.name) OR other.id < later.id)
);
UPDATE {table} SET name = plain_name(name) WHERE name <> plain_name(name);
"""
WORKLOADS = """
UPDATE workloads_workload SET name = plain_name(name) WHERE name <> plain_name(name) AND NOT EXISTS (
    SELECT 1 FROM workloads_workload other WHERE other.id <> workloads_workload.id
        AND name_key(plain_name(other.name)) = name_key(plain_name(workloads_workload.name))
);
UPDATE workloads_workload later SET name = left(plain_name(name), 100) || ' (' || id || ')'
WHERE EXISTS (
    SELECT 1 FROM workloads_workload other WHERE other.id < later.id
        AND name_key(plain_name(other.name)) = name_key(plain_name(later.name))
);
UPDATE workloads_workload SET name = plain_name(name) WHERE name <> plain_name(name);
UPDATE workloads_workload SET business_unit = plain_name(business_unit) WHERE business_unit <> plain_name(business_unit);
UPDATE workloads_workload later SET reference = plain_name(reference) WHERE reference <> plain_name(reference) AND NOT EXISTS (
    SELECT 1 FROM workloads_workload other WHERE other.id <> later.id AND plain_name(other.reference) = plain_name(later.reference)
);
UPDATE workloads_thirdparty SET vendor = plain_name(vendor) WHERE vendor <> plain_name(vendor);
"""


def plain(table, within):
    key = "lower" if table == "workloads_savedview" else ""
    sql = PLAIN.replace("other.{within} = later.{within}", "true") if within == "0" else PLAIN
    return sql.format(table=table, within=within, key=key, room=40)


class Migration(migrations.Migration):
    """Names that look the same are the same: on pages, by API and in files."""

    dependencies = [("workloads", "0026_drills_that_count"), ("audit", "0004_names_and_search")]
    operations = [
        *(migrations.RunSQL(plain(table, within), migrations.RunSQL.noop) for table, within in ONCE.items()),
        migrations.RunSQL(WORKLOADS, migrations.RunSQL.noop),
        migrations.RemoveConstraint("workload", "workload_name_once"),
        migrations.AddConstraint(
            "workload",
            models.UniqueConstraint(
                models.Func(models.F("name"), function="name_key", output_field=models.TextField()), name="workload_name_once"
            ),
        ),
    ]
