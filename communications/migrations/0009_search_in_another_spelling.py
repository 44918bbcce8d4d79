from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models import F, Func

INDEXES = (
    ("message", "subject_line", "message_subject_search"),
)


def folded(column, name):
    text = Func(F(column), function="search_fold", output_field=models.TextField())
    return GinIndex(OpClass(text, name="gin_trgm_ops"), name=name)


class Migration(migrations.Migration):
    """A search finds words in another spelling."""

    dependencies = [("communications", "0008_awake"), ("audit", "0004_names_and_search")]
    operations = [
        operation
        for model, column, name in INDEXES
        for operation in (migrations.RemoveIndex(model, name), migrations.AddIndex(model, folded(column, name)))
    ]
