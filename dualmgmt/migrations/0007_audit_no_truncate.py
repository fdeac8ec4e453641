"""Emptying the audit tables at one blow is refused as well (PostgreSQL; row triggers do not see TRUNCATE)."""

from django.db import migrations

PROTECTED = ("dualmgmt_auditevent", "dualmgmt_auditseal")

FUNCTION = """
CREATE OR REPLACE FUNCTION dualmgmt_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN {operations} AND EXISTS (SELECT 1 FROM dualmgmt_auditpurge WHERE closed_at IS NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'append-only: % on % is not allowed', TG_OP, TG_TABLE_NAME;
END $$
"""


def forbid(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(FUNCTION.format(operations="('DELETE', 'TRUNCATE')"), params=None)
    for table in PROTECTED:
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION dualmgmt_append_only()"
        )


def allow(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in PROTECTED:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
    schema_editor.execute(FUNCTION.format(operations="('DELETE')"), params=None)


class Migration(migrations.Migration):
    dependencies = [("dualmgmt", "0006_audit_purge_digest")]
    operations = [migrations.RunPython(forbid, allow)]
