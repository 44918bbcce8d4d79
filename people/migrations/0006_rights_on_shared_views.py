import django.contrib.postgres.fields
from django.db import migrations, models

ADDED = {
    "workloads.share_view": ("head-of-operations", "it-operations", "continuity-planner"),
    "workloads.take_back_view": ("head-of-operations",),
}


def add_rights(apps, schema_editor):
    """Roles that an administrator has renamed or edited keep their other rights; a new database has these already."""
    Role = apps.get_model("people", "Role")
    for right, keys in ADDED.items():
        for role in Role.objects.filter(key__in=keys).exclude(rights__contains=[right]):
            role.rights = [*role.rights, right]
            role.save(update_fields=["rights"])


class Migration(migrations.Migration):
    """Sharing a view of the register shows everybody its name and filters."""

    dependencies = [("people", "0005_plain_names")]
    operations = [
        migrations.AlterField(
            model_name="role",
            name="rights",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ('workloads.view_workload', 'See workloads, their targets and drills'),
                        ('workloads.add_workload', 'Add workloads and import registers'),
                        ('workloads.change_workload', "Change a workload's description"),
                        ('workloads.propose_tier', 'Propose, send and withdraw a tier with its targets'),
                        ('workloads.review_tier', 'Reaffirm a target when its review is due'),
                        ('workloads.answer_impact', 'Answer the impact analysis of a workload'),
                        ('workloads.share_view', 'Share views of the register with everybody'),
                        ('workloads.take_back_view', 'Take back views that others share'),
                        ('workloads.open_campaign', 'Open review campaigns and nudge those who are late'),
                        ('workloads.schedule_drill', 'Schedule, change and cancel drills'),
                        ('workloads.run_drill', 'Start drills, record times, finish'),
                        ('people.view_user', 'See people, teams, contacts and roles'),
                        ('people.add_user', 'Add and change people, teams and contacts'),
                        ('people.assign_role', 'Give roles and end them'),
                        ('people.issue_machine_token', 'Issue tokens whose times count as measured by a machine'),
                        ('people.configure', 'Change reference data: tiers, signing rules, intervals, roles'),
                        ('communications.view_message', 'See every message; without it, only the ones to oneself'),
                        ('communications.retry_delivery', 'Send a failed message again'),
                        ('audit.view_event', 'Read the whole trail'),
                    ],
                    max_length=60,
                ),
                blank=True,
                default=list,
                size=None,
            ),
        ),
        migrations.RunPython(add_rights, migrations.RunPython.noop),
    ]
