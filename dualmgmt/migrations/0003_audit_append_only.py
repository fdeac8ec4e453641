"""Audit rows and their seals can be added, never changed or deleted: by trigger, whoever connects.

Deleting passes only while an ``AuditPurge`` stands open (``sealing.purge``).
"""

from django.db import migrations

PROTECTED = ("dualmgmt_auditevent", "dualmgmt_auditseal")

POSTGRES = """
CREATE FUNCTION dualmgmt_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM dualmgmt_auditpurge WHERE closed_at IS NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'append-only: % on % is not allowed', TG_OP, TG_TABLE_NAME;
END $$
"""


def forbid(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(POSTGRES, params=None)
        for table in PROTECTED:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION dualmgmt_append_only()"
            )
    elif vendor == "sqlite":
        for table in PROTECTED:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE on {table} is not allowed'); END"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
                "WHEN NOT EXISTS (SELECT 1 FROM dualmgmt_auditpurge WHERE closed_at IS NULL) "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: DELETE on {table} is not allowed'); END"
            )


def allow(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table in PROTECTED:
        if vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        elif vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS dualmgmt_append_only()")


class Migration(migrations.Migration):
    dependencies = [("dualmgmt", "0002_audit_chain")]
    operations = [migrations.RunPython(forbid, allow)]
