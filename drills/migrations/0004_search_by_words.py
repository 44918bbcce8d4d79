from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models.functions import Upper


def words_of(model, column):
    name = f"{model}_{column}_search"
    return migrations.AddIndex(model, GinIndex(OpClass(Upper(column), name="gin_trgm_ops"), name=name))


class Migration(migrations.Migration):
    """A search over everything does not read every drill and every action."""

    dependencies = [("drills", "0003_moment_of_proof"), ("workloads", "0001_initial")]
    operations = [words_of("drill", "scenario"), words_of("action", "title"), words_of("action", "cause")]
