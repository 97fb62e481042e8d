-- For each of the tables of these names ($1) that is there: a statement that counts its rows and adds up the hashes of
-- the values of each column.
select format('%I.%I', n.nspname, c.relname) as identity,
       'select count(*)::text as "oneroof rows"'
       || coalesce((select string_agg(format(', coalesce(sum(pg_catalog.hashtextextended("oneroof row".%I::text collate "C", 0)::numeric), 0)::text as %I', a.attname, a.attname), '' order by a.attnum)
                      from pg_catalog.pg_attribute as a
                     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '')
       || format(' from %I.%I as "oneroof row"', n.nspname, c.relname) as statement
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p')
   and format('%I.%I', n.nspname, c.relname) = any ($1::text[])
 order by n.nspname, c.relname
