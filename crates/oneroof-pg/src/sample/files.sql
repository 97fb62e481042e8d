-- Tables and materialized views with the numbers of their files.
select c.oid, format('%I.%I', n.nspname, c.relname) as identity, c.relfilenode
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'm')
   and n.nspname !~ '^pg_'
   and n.nspname not in ('information_schema', 'oneroof')
