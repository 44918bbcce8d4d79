import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.triggers import frozen_when


class Migration(migrations.Migration):
    """Findings that the executive sponsor accepts for a while."""

    dependencies = [
        ('signoffs', '0002_signed_is_signed'),
        ('workloads', '0011_impact_analysis'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Waiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('finding', models.CharField(max_length=80)),
                ('title', models.CharField(max_length=300, verbose_name='what is waived')),
                ('detail', models.TextField(blank=True)),
                ('reason', models.TextField()),
                ('conditions', models.TextField()),
                ('ends_on', models.DateField(verbose_name='last day')),
                ('state', models.CharField(choices=[('requested', 'Waits for signature'), ('granted', 'Granted'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn'), ('lapsed', 'Lapsed')], default='requested', max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('granted_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='signoffs.request')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workload', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waivers', to='workloads.workload')),
            ],
            options={
                'ordering': ['-requested_at', '-id'],
                'default_permissions': (),
                'indexes': [models.Index(condition=models.Q(('state', 'granted')), fields=['ends_on'], name='waiver_ends')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['requested', 'granted'])), fields=('workload', 'finding'), name='waiver_one_per_finding'), models.CheckConstraint(condition=models.Q(models.Q(('granted_at__isnull', True), ('granted_by__isnull', True)), models.Q(('granted_at__isnull', False), ('granted_by__isnull', False)), _connector='OR'), name='waiver_granted_at_by'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['granted', 'lapsed']), _negated=True), ('granted_at__isnull', False), _connector='OR'), name='waiver_in_force_granted'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True), ('state__in', ['requested', 'granted'])), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state__in', ['rejected', 'withdrawn'])), models.Q(('closed_at__isnull', False), ('state', 'lapsed')), _connector='OR'), name='waiver_closed_at_by'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('conditions', ''), _negated=True)), name='waiver_says_why')],
            },
        ),
        # What was asked for is what is signed; only its state moves on.
        frozen_when(
            "workloads_waiver",
            "true",
            ["workload_id", "finding", "title", "detail", "reason", "conditions", "ends_on", "requested_at", "requested_by_id"],
        ),
    ]
