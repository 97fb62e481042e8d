-- The files of these relations and of their indexes.
select format('%I.%I', n.nspname, c.relname), c.oid, c.relfilenode
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'm')
   and c.relfilenode <> 0
   and c.oid = any ($1::oid[])
   and n.nspname !~ '^pg_(temp|toast)'
 order by 1
