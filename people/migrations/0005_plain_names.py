from django.db import migrations

# A name that would be another's gets its number behind it; both are seen, and somebody who knows them can put it right.
TEAMS = """
UPDATE people_team later SET name = left(plain_name(name), 100) || ' (' || id || ')'
WHERE name <> plain_name(name) AND EXISTS (
    SELECT 1 FROM people_team other WHERE other.id <> later.id AND plain_name(other.name) = plain_name(later.name)
        AND (other.name = plain_name(other.name) OR other.id < later.id)
);
UPDATE people_team SET name = plain_name(name) WHERE name <> plain_name(name);
"""
CONTACTS = """
UPDATE people_contact later SET name = left(plain_name(name), 100) || ' (' || id || ')', organisation = plain_name(organisation)
WHERE (name <> plain_name(name) OR organisation <> plain_name(organisation)) AND EXISTS (
    SELECT 1 FROM people_contact other WHERE other.id <> later.id AND plain_name(other.name) = plain_name(later.name)
        AND plain_name(other.organisation) = plain_name(later.organisation)
        AND ((other.name = plain_name(other.name) AND other.organisation = plain_name(other.organisation)) OR other.id < later.id)
);
UPDATE people_contact SET name = plain_name(name), organisation = plain_name(organisation)
WHERE name <> plain_name(name) OR organisation <> plain_name(organisation);
"""
PEOPLE = "UPDATE people_user SET name = plain_name(name) WHERE name <> plain_name(name)"


class Migration(migrations.Migration):
    """Names that look the same are the same."""

    dependencies = [("people", "0004_roles_of_a_person"), ("audit", "0004_names_and_search")]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (TEAMS, CONTACTS, PEOPLE)]
