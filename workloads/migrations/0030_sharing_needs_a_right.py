import datetime as dt

from django.db import migrations
from django.db.models import Q

SHARE = "workloads.share_view"


def keep_to_themselves(apps, schema_editor):
    """Views that people share who may not: theirs alone again. Nothing else of them changes, and nobody loses a view."""
    held = apps.get_model("people", "RoleAssignment").objects.filter(workload_id__isnull=True, from_on__lte=dt.date.today())
    held = held.filter(Q(until_on__isnull=True) | Q(until_on__gte=dt.date.today()), role__rights__contains=[SHARE])
    views = apps.get_model("workloads", "SavedView").objects.filter(is_shared=True, owner__is_superuser=False)
    views = views.exclude(owner__in=held.filter(person__isnull=False).values("person"))
    views.exclude(owner__in=held.filter(deputy__isnull=False).values("deputy")).update(is_shared=False)


class Migration(migrations.Migration):
    dependencies = [("workloads", "0029_who_signs_a_target"), ("people", "0006_rights_on_shared_views")]
    operations = [
        migrations.AlterModelOptions(
            "savedview",
            {
                "default_permissions": (),
                "ordering": ["name", "id"],
                "permissions": [
                    ("share_view", "Share views of the register with everybody"),
                    ("take_back_view", "Take back views that others share"),
                ],
            },
        ),
        migrations.RunPython(keep_to_themselves, migrations.RunPython.noop),
    ]
