-- The databases and their users, made once, when the server starts on an empty volume. Tables are made by migrations.
-- Passwords come from files that this server can read; nothing of them stands in a statement that is logged.

-- What the services may do hangs on these roles; the migrations grant to them.
CREATE ROLE hub_export_marking NOLOGIN;
CREATE ROLE hub_export_transfer NOLOGIN;
CREATE ROLE hub_export_audit NOLOGIN;
CREATE ROLE hub_export_reader NOLOGIN;

DO $$
DECLARE
  login record;
BEGIN
  FOR login IN
    SELECT * FROM (VALUES
      ('log_owner', 'log_owner_password', NULL),
      ('audit_owner', 'audit_owner_password', NULL),
      ('marking_service', 'marking_password', 'hub_export_marking'),
      ('transfer_service', 'transfer_password', 'hub_export_transfer'),
      ('audit_service', 'audit_password', 'hub_export_audit')
    ) AS logins (name, secret, in_role)
  LOOP
    EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', login.name,
      btrim(pg_read_file('/run/secrets/' || login.secret), E' \n\r\t'));
    IF login.in_role IS NOT NULL THEN
      EXECUTE format('GRANT %I TO %I', login.in_role, login.name);
    END IF;
  END LOOP;
END $$;

-- The audit has a database of its own and sees nothing of the log but what the bus tells.
CREATE DATABASE hub_export OWNER log_owner;
CREATE DATABASE hub_export_audit OWNER audit_owner;
REVOKE CONNECT ON DATABASE hub_export, hub_export_audit FROM PUBLIC;
GRANT CONNECT ON DATABASE hub_export TO marking_service, transfer_service;
GRANT CONNECT ON DATABASE hub_export_audit TO audit_service;
