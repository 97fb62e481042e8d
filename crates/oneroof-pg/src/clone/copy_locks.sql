-- The statement that keeps everybody from altering or dropping a table while it is copied.
select 'lock table ' || string_agg(format('only %I.%I', n.nspname, c.relname), ', ' order by c.oid) || ' in access share mode' as statement
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p')
   and n.nspname !~ '^pg_'
   and n.nspname <> 'information_schema'
   and not exists (select
                     from pg_catalog.pg_depend as d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                      and d.refclassid = 'pg_catalog.pg_extension'::regclass and d.deptype = 'e'
                      and not exists (select from pg_catalog.pg_extension as e where e.oid = d.refobjid and c.oid = any (e.extconfig)))
having count(*) > 0
