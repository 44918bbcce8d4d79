import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """User flows, components and the ways they fail."""

    dependencies = [
        ('workloads', '0009_dependencies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Component',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(blank=True, max_length=60, verbose_name='what it is')),
                ('note', models.TextField(blank=True)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('own', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='component', to='workloads.workload')),
                ('workload', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='components', to='workloads.workload')),
            ],
            options={
                'ordering': ['name', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='UserFlow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('what', models.TextField(verbose_name='what it does')),
                ('relied_on_by', models.TextField(blank=True, verbose_name='who relies on it')),
                ('when_down', models.TextField(blank=True, verbose_name='what happens when it is down')),
                ('is_critical', models.BooleanField(default=False, verbose_name='critical')),
                ('rto_seconds', models.PositiveBigIntegerField(null=True, verbose_name='own RTO, seconds')),
                ('rpo_seconds', models.PositiveBigIntegerField(null=True, verbose_name='own RPO, seconds')),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('components', models.ManyToManyField(blank=True, related_name='flows', to='workloads.component')),
                ('dependencies', models.ManyToManyField(blank=True, related_name='flows', to='workloads.dependency')),
                ('workload', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flows', to='workloads.workload')),
            ],
            options={
                'ordering': ['-is_critical', 'name', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='FailureMode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(choices=[('shared-fate', 'shared fate'), ('load', 'excessive load'), ('latency', 'excessive latency'), ('bug', 'misconfiguration or bug'), ('single-point', 'single point of failure')], max_length=12)),
                ('what', models.CharField(max_length=200, verbose_name='what fails')),
                ('effect', models.TextField(verbose_name='what follows')),
                ('likelihood', models.PositiveSmallIntegerField(choices=[(1, 'rare: once in ten years'), (2, 'unlikely: once in a few years'), (3, 'likely: about once a year'), (4, 'frequent: several times a year')])),
                ('severity', models.PositiveSmallIntegerField(choices=[(1, 'slight'), (2, 'noticeable'), (3, 'serious'), (4, 'intolerable')], verbose_name='how bad')),
                ('noticed', models.PositiveSmallIntegerField(choices=[(1, 'at once, by an alarm'), (2, 'within minutes, by somebody watching'), (3, 'late, by a complaint'), (4, 'perhaps never')], verbose_name='how it is noticed')),
                ('detection', models.TextField(blank=True, verbose_name='by what it is noticed')),
                ('mitigation', models.TextField(blank=True, verbose_name='what softens or prevents it')),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('component', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='failure_modes', to='workloads.component')),
                ('workload', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='failure_modes', to='workloads.workload')),
                ('flows', models.ManyToManyField(blank=True, related_name='failure_modes', to='workloads.userflow')),
            ],
            options={
                'ordering': ['-severity', '-likelihood', '-noticed', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='component',
            constraint=models.UniqueConstraint(fields=('workload', 'name'), name='component_name_once'),
        ),
        migrations.AddConstraint(
            model_name='userflow',
            constraint=models.UniqueConstraint(fields=('workload', 'name'), name='flow_name_once'),
        ),
        migrations.AddConstraint(
            model_name='failuremode',
            constraint=models.CheckConstraint(condition=models.Q(('likelihood__range', (1, 4)), ('noticed__range', (1, 4)), ('severity__range', (1, 4))), name='failure_mode_scores'),
        ),
    ]
