-- Installed extensions, in the order in which they were made (one that needs another comes later).
select e.extname::text    as name,
       e.extversion       as version,
       n.nspname::text    as schema
  from pg_catalog.pg_extension as e
  join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
 order by e.oid
