-- The queries that give the statement which sets each sequence of the copy to where it is here.
select format('select format(''select pg_catalog.setval(%%L, %%s, %%L)'', %L, last_value, is_called) from %I.%I',
              format('%I.%I', n.nspname, c.relname), n.nspname, c.relname) as query
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind = 'S'
   and n.nspname !~ '^pg_'
   and n.nspname <> 'information_schema'
   and not exists (select
                     from pg_catalog.pg_depend as d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                      and d.refclassid = 'pg_catalog.pg_extension'::regclass and d.deptype = 'e'
                      and not exists (select from pg_catalog.pg_extension as e where e.oid = d.refobjid and c.oid = any (e.extconfig)))
 order by c.oid
