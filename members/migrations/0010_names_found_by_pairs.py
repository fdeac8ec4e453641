"""Names are found by one to three characters, PostgreSQL only: an index of the characters after the first one.

Names and their initials are compared by code point there, as SQLite does by itself:
the order is the same on both, and the beginning of a name is found by the plain index.
"""

from django.db import migrations

FORWARDS = """
ALTER TABLE members_member
    ALTER COLUMN name TYPE varchar(50) COLLATE "C",
    ALTER COLUMN name_initials TYPE varchar(50) COLLATE "C";
CREATE INDEX member_name_signs ON members_member
    USING gin (string_to_array(substr(name, 2), NULL)) WITH (fastupdate = off);
"""

BACKWARDS = """
DROP INDEX member_name_signs;
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
