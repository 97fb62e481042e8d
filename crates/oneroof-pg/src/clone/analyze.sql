-- The statements that gather the statistics of this database, the longest first.
select format('analyze %I.%I', n.nspname, c.relname) as statement,
       pg_catalog.pg_relation_size(c.oid) as bytes
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'm', 'p')
   and n.nspname !~ '^pg_(toast|temp)'
   and n.nspname <> 'information_schema'
 order by bytes desc, c.oid
