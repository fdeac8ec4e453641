"""Branches for activities hold no organisational relations: on PostgreSQL by trigger, whoever writes (domain.md §4.7).

A new or reopened membership is checked against its branch, a changed setting
against the memberships open there. SQLite rebuilds whole tables and would lose
a trigger between two of them; there the actions' own rule has to do.
"""

from django.db import migrations, models

ACTIVITY_ONLY = "'functional', 'themed', 'mixed'"
REFUSAL = "members cannot be at home in a branch for activities"

POSTGRES = f"""
CREATE FUNCTION members_no_home_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'members_homemembership' THEN
        PERFORM 1 FROM branches_organisation WHERE id = NEW.organisation_id AND setting IN ({ACTIVITY_ONLY});
    ELSE
        PERFORM 1 FROM members_homemembership WHERE organisation_id = NEW.id AND ended_on IS NULL;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{REFUSAL}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER members_no_home_here BEFORE INSERT OR UPDATE OF organisation_id, ended_on ON members_homemembership
    FOR EACH ROW WHEN (NEW.ended_on IS NULL) EXECUTE FUNCTION members_no_home_here();
CREATE TRIGGER members_no_home_here BEFORE UPDATE OF setting ON branches_organisation
    FOR EACH ROW WHEN (NEW.setting IN ({ACTIVITY_ONLY})) EXECUTE FUNCTION members_no_home_here();
"""

BACKWARDS = """
DROP TRIGGER members_no_home_here ON members_homemembership;
DROP TRIGGER members_no_home_here ON branches_organisation;
DROP FUNCTION members_no_home_here();
"""


def forbid(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES, params=None)


def allow(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(BACKWARDS, params=None)


class Migration(migrations.Migration):
    dependencies = [("members", "0011_outside_letters_entered_anew")]
    operations = [
        migrations.AddIndex(
            "activityregistration", models.Index(fields=["accepted_on"], name="registration_accepted_on")
        ),
        migrations.RunPython(forbid, allow),
    ]
