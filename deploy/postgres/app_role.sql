-- What the portal's own database role may do. Run as the owner of the tables, after every `manage.py migrate` and
-- after audit_partitions.sql:
--
--     sudo -u postgres createuser --pwprompt dualmgmt_app          # once
--     psql -X --single-transaction --set ON_ERROR_STOP=1 -f deploy/postgres/app_role.sql "$OWNER_DATABASE_URL"
--
-- Web, worker and schedule then run with DATABASE_URL=postgres://dualmgmt_app:…; migrations, the partitions and the
-- deletion of old audit rows are the owner's. Triggers guard the audit log in any case; with this role its tables
-- cannot even be asked to change.

GRANT USAGE ON SCHEMA public TO dualmgmt_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO dualmgmt_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO dualmgmt_app;
REVOKE INSERT, UPDATE, DELETE ON django_migrations, dualmgmt_auditpurge FROM dualmgmt_app;
REVOKE UPDATE, DELETE ON dualmgmt_auditseal FROM dualmgmt_app;

-- The log and its partitions: rows go in through the log itself.
REVOKE ALL ON dualmgmt_auditevent FROM dualmgmt_app;
GRANT SELECT, INSERT ON dualmgmt_auditevent TO dualmgmt_app;
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'dualmgmt_auditevent'::regclass LOOP
        EXECUTE format('REVOKE ALL ON %s FROM dualmgmt_app', part);
    END LOOP;
END $$;
