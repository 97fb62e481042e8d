-- Files of the tables and materialized views $1 (quoted and qualified), below the data folder.
select pg_catalog.pg_relation_filepath(c.oid) as path
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'm')
   and format('%I.%I', n.nspname, c.relname) = any ($1::text[])
