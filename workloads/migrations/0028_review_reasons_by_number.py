import re

from django.db import migrations, models

# As it was written; a long one was cut at its end.
NEEDS = re.compile(r"It now depends on (.+?)(?:, and nothing works without (?:it|them)\.|…$|$)")


def to_numbers(apps, schema_editor):
    """Sentences with names in them become the numbers of what is needed; what is not needed any more loses its name."""
    targets = apps.get_model("workloads", "Classification")
    dependencies = apps.get_model("workloads", "Dependency")
    for target in targets.objects.exclude(review_because="").iterator(chunk_size=1000):
        needed = dependencies.objects.filter(workload=target.workload_id, strength="hard")
        needed = list(needed.select_related("needs", "third_party"))
        target.review_reasons = reasons(target.review_because, needed)
        target.save(update_fields=["review_reasons"])


def reasons(said, needed):
    found = []
    for listed in NEEDS.findall(said):
        workloads = {row.needs_id for row in needed if row.needs is not None and row.needs.name in listed}
        parties = {row.third_party.name for row in needed if row.third_party is not None and row.third_party.name in listed}
        found.append({"kind": "needs", "workloads": sorted(workloads), "third_parties": sorted(parties)})
    rest = " ".join(NEEDS.sub(" ", said).split())
    return [*found, {"kind": "said", "text": rest}] if rest else found


class Migration(migrations.Migration):
    """Why a review is due early names workloads by number, so that each reader is told in the names she may see."""

    dependencies = [("workloads", "0027_plain_names")]
    operations = [
        migrations.AddField(
            "classification",
            "review_reasons",
            models.JSONField(blank=True, default=list, verbose_name="why due early"),
        ),
        migrations.RunPython(to_numbers, migrations.RunPython.noop, elidable=False),
        migrations.RemoveField("classification", "review_because"),
    ]
