import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Documents are found by their title, the newest first, however many there are."""

    dependencies = [
        ('signoffs', '0002_signed_is_signed'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(),
        migrations.AddIndex(
            model_name='request',
            index=models.Index(fields=['-requested_at', '-id'], name='request_newest'),
        ),
        migrations.AddIndex(
            model_name='request',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('title'), name='gin_trgm_ops'), name='request_title_search'),
        ),
    ]
