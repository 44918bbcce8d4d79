from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models import F, Func, Value
from django.db.models.functions import Concat

TEXTS = {"workloads_workload": ("name", "business_unit"), "workloads_userflow": ("name",)}
# Everything in ASCII that is no letter; what a letter is beyond ASCII depends on the server.
BETWEEN = r"[^a-z\u0080-\uffff]+"
NEW = """
    INSERT INTO public.workloads_word (word)
    SELECT DISTINCT said.word FROM {rows}, pg_catalog.regexp_split_to_table(public.search_fold({text}), '{between}') said(word)
    WHERE pg_catalog.length(said.word) BETWEEN 3 AND 40
        AND NOT EXISTS (SELECT 1 FROM public.workloads_word known WHERE known.word = said.word)
"""
LEARN = """
CREATE OR REPLACE FUNCTION {table}_learn() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    {from_many};
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION {table}_learn_one() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    {from_one};
    RETURN NULL;
END $$;
{already};
"""


def learn(table, columns):
    def new(rows, row):
        text = " || ' ' || ".join(f"{row}.{column}" for column in columns)
        return NEW.format(rows=rows, text=text, between=BETWEEN)

    return migrations.RunSQL(
        LEARN.format(
            table=table,
            from_many=new("written", "written"),
            from_one=new("(SELECT 1) one", "NEW"),
            already=new(f"public.{table}", table),
        ),
        migrations.RunSQL.noop,
    )


def folded(text, name):
    inner = F(text) if isinstance(text, str) else text
    return GinIndex(
        OpClass(Func(inner, function="search_fold", output_field=models.TextField()), name="gin_trgm_ops"), name=name
    )


def in_one_text(*columns):
    parts = [part for column in columns for part in (Value(" "), column)][1:]
    return Concat(*parts, output_field=models.TextField())


INDEXES = (
    ("workload", folded("name", "workload_name_search")),
    ("workload", folded(in_one_text("name", "reference", "purpose", "business_unit"), "workload_said")),
    ("workload", folded("reference", "workload_reference_search")),
    ("userflow", folded(in_one_text("name", "what"), "flow_said")),
)


class Migration(migrations.Migration):
    """A search finds a name in another spelling, from the same indexes; words that are meant are kept as they are searched."""

    dependencies = [("workloads", "0030_sharing_needs_a_right")]
    operations = [
        migrations.RunSQL("DELETE FROM workloads_word", migrations.RunSQL.noop),
        *(learn(table, columns) for table, columns in TEXTS.items()),
        *(
            operation
            for model, index in INDEXES
            for operation in (migrations.RemoveIndex(model, index.name), migrations.AddIndex(model, index))
        ),
    ]
