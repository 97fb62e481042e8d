-- Made by initdb, kept by every physical copy. Anybody may ask by default; a managed service may have revoked it.
select system_identifier::text as system_identifier
  from pg_catalog.pg_control_system()
