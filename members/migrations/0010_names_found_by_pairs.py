"""Names are found by one to three characters: an index of single characters and pairs, PostgreSQL only.

Names and their initials are compared by code point there, as SQLite does by itself:
the order is the same on both, and the beginning of a name is found by the plain index.
"""

from django.db import migrations

FORWARDS = """
ALTER TABLE members_member
    ALTER COLUMN name TYPE varchar(50) COLLATE "C",
    ALTER COLUMN name_initials TYPE varchar(50) COLLATE "C";
CREATE FUNCTION members_name_grams(name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT substr(name, place, size))
    FROM generate_series(1, length(name)) AS place, generate_series(1, 2) AS size
    WHERE place + size <= length(name) + 1
$$;
CREATE INDEX member_name_grams ON members_member USING gin (members_name_grams(name));
"""

BACKWARDS = """
DROP INDEX member_name_grams;
DROP FUNCTION members_name_grams(text);
ALTER TABLE members_member
    ALTER COLUMN name TYPE varchar(50) COLLATE "default",
    ALTER COLUMN name_initials TYPE varchar(50) COLLATE "default";
"""


def index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FORWARDS, params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(BACKWARDS, params=None)


class Migration(migrations.Migration):
    dependencies = [("members", "0009_corrections_of_forms")]
    operations = [migrations.RunPython(index, drop)]
