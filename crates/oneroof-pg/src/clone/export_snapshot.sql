-- The name under which other sessions see what this transaction sees.
select pg_catalog.pg_export_snapshot() as snapshot
