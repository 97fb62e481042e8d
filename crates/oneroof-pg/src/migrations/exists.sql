-- The relation of this name ($1), as any statement has to write it.
select format('%I.%I', n.nspname, c.relname) as name
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.oid = pg_catalog.to_regclass($1::text)
