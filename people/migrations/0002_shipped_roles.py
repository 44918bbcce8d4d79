from django.db import migrations

from people.permissions import SHIPPED_ROLES


def ship(apps, schema_editor):
    Role = apps.get_model("people", "Role")
    Role.objects.bulk_create(
        Role(key=role.key, name=role.name, duties=role.duties, rights=[r.value for r in role.rights], position=position)
        for position, role in enumerate(SHIPPED_ROLES, start=1)
    )


class Migration(migrations.Migration):
    """The seven roles of the domain and the auditor, each with its rights."""

    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
