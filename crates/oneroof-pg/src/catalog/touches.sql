-- One row per user table of this database: a text that is another one as soon as somebody has touched its rows or
-- columns. The counters also count what was rolled back. Same tables as data.sql.
select format('%I.%I', n.nspname, c.relname) as identity,
       concat_ws(' ',
           c.oid,
           pg_catalog.pg_relation_filenode(c.oid),
           pg_catalog.pg_stat_get_tuples_inserted(c.oid),
           pg_catalog.pg_stat_get_tuples_updated(c.oid),
           pg_catalog.pg_stat_get_tuples_deleted(c.oid),
           (select pg_catalog.md5(string_agg(concat_ws(':', a.attnum, a.atttypid, a.atttypmod, a.attisdropped, a.atthasmissing), ',' order by a.attnum))
              from pg_catalog.pg_attribute as a
             where a.attrelid = c.oid and a.attnum > 0)) as touch
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind = 'r'
   and n.nspname !~ '^pg_'
   and n.nspname not in ('information_schema', 'oneroof')
 order by 1
