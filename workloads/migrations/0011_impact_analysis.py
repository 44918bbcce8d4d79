import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


CATEGORIES = (
    ("money", "Money", "What does it cost: lost income, penalties, extra work?", True),
    ("trust", "Customer trust", "Who notices, and what do they think of us afterwards?", False),
    ("regulation", "Regulation", "Which duty do we break, and who has to be told?", False),
    ("safety", "Safety", "Can somebody come to harm?", False),
    ("operations", "Operations", "What stands still inside the house?", False),
)
MINUTE, HOUR, DAY = 60, 3600, 86400
POINTS = (15 * MINUTE, HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY)


def ship(apps, schema_editor):
    category, point = apps.get_model("workloads", "ImpactCategory"), apps.get_model("workloads", "ImpactPoint")
    category.objects.bulk_create(
        category(key=key, name=name, question=question, has_amount=has_amount, position=position)
        for position, (key, name, question, has_amount) in enumerate(CATEGORIES, start=1)
    )
    point.objects.bulk_create(point(seconds=seconds) for seconds in POINTS)


class Migration(migrations.Migration):
    """Impact over time, with the categories and durations that are asked by default."""

    dependencies = [
        ('workloads', '0010_flows_and_failure_modes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ImpactCategory',
            fields=[
                ('key', models.SlugField(max_length=30, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, unique=True)),
                ('question', models.CharField(max_length=300, verbose_name='what is asked')),
                ('has_amount', models.BooleanField(default=False, verbose_name='an amount per hour is asked too')),
                ('position', models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                'verbose_name_plural': 'impact categories',
                'ordering': ['position', 'name'],
                'default_permissions': ('view', 'change'),
            },
        ),
        migrations.CreateModel(
            name='ImpactAnalysis',
            fields=[
                ('workload', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='impact', serialize=False, to='workloads.workload')),
                ('note', models.TextField(blank=True, verbose_name='where the figures come from')),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('answered_at', models.DateTimeField()),
                ('answered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'impact analyses',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ImpactPoint',
            fields=[
                ('seconds', models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name='duration, seconds')),
            ],
            options={
                'ordering': ['seconds'],
                'default_permissions': ('view', 'change'),
                'constraints': [models.CheckConstraint(condition=models.Q(('seconds__gte', 1)), name='impact_point_positive')],
            },
        ),
        migrations.CreateModel(
            name='Season',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('working_days', models.PositiveSmallIntegerField(null=True, verbose_name='last working days of the month')),
                ('from_month', models.PositiveSmallIntegerField(null=True)),
                ('from_day', models.PositiveSmallIntegerField(null=True)),
                ('to_month', models.PositiveSmallIntegerField(null=True)),
                ('to_day', models.PositiveSmallIntegerField(null=True)),
                ('analysis', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seasons', to='workloads.impactanalysis')),
            ],
            options={
                'ordering': ['name'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ImpactAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('loss', models.CharField(choices=[('time', 'an outage of'), ('data', 'the data of the last')], default='time', max_length=4)),
                ('level', models.PositiveSmallIntegerField(choices=[(0, 'None'), (1, 'Slight'), (2, 'Noticeable'), (3, 'Serious'), (4, 'Intolerable')])),
                ('amount_per_hour', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('analysis', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='workloads.impactanalysis')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workloads.impactcategory')),
                ('point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workloads.impactpoint')),
                ('season', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='workloads.season')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='season',
            constraint=models.UniqueConstraint(fields=('analysis', 'name'), name='season_name_once'),
        ),
        migrations.AddConstraint(
            model_name='season',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_day__isnull', True), ('from_month__isnull', True), ('to_day__isnull', True), ('to_month__isnull', True), ('working_days__range', (1, 20))), models.Q(('from_day__range', (1, 31)), ('from_month__range', (1, 12)), ('to_day__range', (1, 31)), ('to_month__range', (1, 12)), ('working_days__isnull', True)), _connector='OR'), name='season_is_month_end_or_range'),
        ),
        migrations.AddConstraint(
            model_name='impactanswer',
            constraint=models.UniqueConstraint(fields=('analysis', 'season', 'loss', 'category', 'point'), name='impact_answered_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='impactanswer',
            constraint=models.CheckConstraint(condition=models.Q(('level__range', (0, 4))), name='impact_level'),
        ),
        migrations.AddConstraint(
            model_name='impactanswer',
            constraint=models.CheckConstraint(condition=models.Q(('amount_per_hour__isnull', True), ('amount_per_hour__gte', 0), _connector='OR'), name='impact_amount_not_negative'),
        ),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]
