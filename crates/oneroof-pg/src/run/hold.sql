-- The statement that locks table $1, or the table of index $1, so that a concurrent build on it has to wait.
select format('lock table only %I.%I in row exclusive mode', n.nspname, t.relname)
  from pg_catalog.pg_class as c
  left join pg_catalog.pg_index as i on i.indexrelid = c.oid
  join pg_catalog.pg_class as t on t.oid = coalesce(i.indrelid, c.oid)
  join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
 where c.oid = to_regclass($1)
   and t.relkind in ('r', 'p')
