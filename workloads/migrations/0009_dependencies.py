import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What a workload needs: other workloads and services of third parties."""

    dependencies = [
        ('people', '0003_rights_on_impact_and_campaigns'),
        ('workloads', '0008_measured_and_suggested'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ThirdParty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True)),
                ('vendor', models.CharField(blank=True, max_length=120)),
                ('rto_seconds', models.PositiveBigIntegerField(null=True, verbose_name='promised RTO, seconds')),
                ('rpo_seconds', models.PositiveBigIntegerField(null=True, verbose_name='promised RPO, seconds')),
                ('document', models.CharField(blank=True, max_length=300, verbose_name='where the promise stands')),
                ('promised_until_on', models.DateField(null=True, verbose_name='promise holds until')),
                ('has_failover', models.BooleanField(null=True, verbose_name='fails over by itself')),
                ('note', models.TextField(blank=True)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='third_parties', to='people.contact')),
            ],
            options={
                'verbose_name_plural': 'third parties',
                'ordering': ['name'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Dependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('strength', models.CharField(choices=[('hard', 'hard: nothing works without it'), ('soft', 'soft: reduced function remains')], default='hard', max_length=4)),
                ('remains', models.TextField(blank=True, verbose_name='what still works without it')),
                ('order', models.CharField(choices=[('sequential', 'after it: the times add up'), ('parallel', 'at the same time: the longer one counts')], default='sequential', max_length=10, verbose_name='recovery')),
                ('note', models.TextField(blank=True)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('needs', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dependents', to='workloads.workload')),
                ('workload', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dependencies', to='workloads.workload')),
                ('third_party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dependents', to='workloads.thirdparty')),
            ],
            options={
                'verbose_name_plural': 'dependencies',
                'ordering': ['id'],
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('needs__isnull', False), ('third_party__isnull', True)), models.Q(('needs__isnull', True), ('third_party__isnull', False)), _connector='OR'), name='dependency_on_one_thing'), models.CheckConstraint(condition=models.Q(('needs__isnull', True), models.Q(('needs', models.F('workload')), _negated=True), _connector='OR'), name='dependency_not_on_itself'), models.CheckConstraint(condition=models.Q(models.Q(('strength', 'soft'), _negated=True), models.Q(('remains', ''), _negated=True), _connector='OR'), name='dependency_soft_says_what_remains'), models.UniqueConstraint(fields=('workload', 'needs'), name='dependency_once'), models.UniqueConstraint(fields=('workload', 'third_party'), name='dependency_on_third_party_once')],
            },
        ),
    ]
