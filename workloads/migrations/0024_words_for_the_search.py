from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Concat, Left, Upper

TEXTS = {"workloads_workload": ("name", "business_unit"), "workloads_userflow": ("name",)}
# Everything in ASCII that is no letter; what a letter is beyond ASCII depends on the server.
BETWEEN = r"[^a-z\u0080-\uffff]+"
NEW = """
    INSERT INTO workloads_word (word)
    SELECT DISTINCT said.word FROM {rows}, regexp_split_to_table(lower({text}), '{between}') said(word)
    WHERE length(said.word) BETWEEN 3 AND 40 AND NOT EXISTS (SELECT 1 FROM workloads_word known WHERE known.word = said.word)
"""
LEARN = """
CREATE FUNCTION {table}_learn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {from_many};
    RETURN NULL;
END $$;
CREATE FUNCTION {table}_learn_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {from_one};
    RETURN NULL;
END $$;
CREATE TRIGGER {table}_learn_added AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION {table}_learn();
CREATE TRIGGER {table}_learn_changed AFTER UPDATE OF {columns} ON {table}
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {table}_learn_one();
{already};
"""
FORGET = """
DROP TRIGGER {table}_learn_added ON {table};
DROP TRIGGER {table}_learn_changed ON {table};
DROP FUNCTION {table}_learn();
DROP FUNCTION {table}_learn_one();
"""


def learn(table, columns):
    def new(rows, row):
        text = " || ' ' || ".join(f"{row}.{column}" for column in columns)
        return NEW.format(rows=rows, text=text, between=BETWEEN)

    return migrations.RunSQL(
        LEARN.format(
            table=table,
            columns=", ".join(columns),
            from_many=new("written", "written"),
            from_one=new("(SELECT 1) one", "NEW"),
            already=new(table, table),
            changed=" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns),
        ),
        FORGET.format(table=table),
    )


def in_one_text(*columns):
    parts = [part for column in columns for part in (Value(" "), column)][1:]
    return OpClass(Upper(Concat(*parts, output_field=models.TextField())), name="gin_trgm_ops")


class Migration(migrations.Migration):
    """A search over 100,000 workloads reads one index; the words of names are kept, to find what a typing mistake meant."""

    dependencies = [("workloads", "0023_register_by_target")]
    operations = [
        migrations.CreateModel(
            name="Word",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=40)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    GinIndex(OpClass("word", name="gin_trgm_ops"), name="word_like"),
                    models.Index(fields=["word"], name="word_same"),
                    models.Index(Left("word", 1), name="word_begins"),
                ],
            },
        ),
        *(learn(table, columns) for table, columns in TEXTS.items()),
        migrations.RemoveIndex("workload", "workload_purpose_search"),
        migrations.AddIndex(
            "workload", GinIndex(in_one_text("name", "reference", "purpose", "business_unit"), name="workload_said")
        ),
        migrations.AddIndex("userflow", GinIndex(in_one_text("name", "what"), name="flow_said")),
    ]
