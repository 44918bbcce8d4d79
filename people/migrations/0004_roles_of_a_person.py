import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def holder(name, related_name):
    return migrations.AlterField(
        "roleassignment",
        name,
        models.ForeignKey(
            blank=True,
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.PROTECT,
            related_name=related_name,
            to=settings.AUTH_USER_MODEL,
        ),
    )


class Migration(migrations.Migration):
    """The workloads that a person holds a role for are read from an index, the first thousand of them in order."""

    dependencies = [("people", "0003_rights_on_impact_and_campaigns")]
    operations = [
        migrations.AddIndex("roleassignment", models.Index(fields=["person", "workload_id"], name="assignment_person")),
        migrations.AddIndex("roleassignment", models.Index(fields=["deputy", "workload_id"], name="assignment_deputy")),
        holder("person", "held_roles"),
        holder("deputy", "deputised_roles"),
    ]
