-- The index named $2 on table $1: can it be used, what it is, and what drops it.
select i.indisvalid and i.indisready and i.indislive,
       format('index %I.%I is invalid', n.nspname, c.relname),
       format('drop index concurrently %I.%I', n.nspname, c.relname)
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where i.indrelid = to_regclass($1)
   and c.relname = $2
