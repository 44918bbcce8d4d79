from django.db import migrations

from workloads.reference import MEANINGS, SHIPPED_SIGNERS, SHIPPED_TIERS


def ship(apps, schema_editor):
    Tier = apps.get_model("workloads", "Tier")
    SigningRule = apps.get_model("workloads", "SigningRule")
    Tier.objects.bulk_create(Tier(**tier) for tier in SHIPPED_TIERS)
    SigningRule.objects.bulk_create(
        SigningRule(tier_id=level, role_id=role, meaning=MEANINGS[role], position=position)
        for level, roles in SHIPPED_SIGNERS.items()
        for position, role in enumerate(roles, start=1)
    )


class Migration(migrations.Migration):
    """The four tiers of the domain, and who signs a target of each."""

    dependencies = [("workloads", "0001_initial"), ("people", "0002_shipped_roles")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
