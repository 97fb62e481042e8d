-- Transient indexes that a reindex concurrently of $1 (a table or an index) left, and what drops each.
select format('index %I.%I is invalid', n.nspname, c.relname),
       format('drop index concurrently %I.%I', n.nspname, c.relname)
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where not i.indisvalid
   and c.relname ~ '_cc(new|old)[0-9]*$'
   and i.indrelid = coalesce((select o.indrelid from pg_catalog.pg_index as o where o.indexrelid = to_regclass($1)), to_regclass($1))
 order by 1
