-- The schemas of the database with what a relation of theirs could be governed as. Not counted: partitions, temporary
-- relations, those of extensions, and those of one_roof_owner, which nobody has to own.
select n.nspname::text                                                                      as name,
       count(*) filter (where c.relkind in ('r', 'p') and c.relpersistence = 'p')           as tables,
       count(*) filter (where c.relkind = 'v')                                              as views,
       count(*) filter (where c.relkind = 'm')                                              as materialized_views,
       count(*) filter (where c.relkind = 'f')                                              as foreign_tables,
       count(*) filter (where c.relkind in ('r', 'p') and c.relpersistence = 'u')           as unlogged_tables
  from pg_catalog.pg_namespace as n
  join pg_catalog.pg_class as c on c.relnamespace = n.oid
 where n.nspname not in ('information_schema', 'oneroof')
   and n.nspname !~ '^pg_'
   and c.relkind in ('r', 'p', 'v', 'm', 'f')
   and c.relpersistence <> 't'
   and not c.relispartition
   and pg_catalog.pg_get_userbyid(c.relowner) <> 'one_roof_owner'
   and not exists (
       select
         from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          and d.objid = c.oid
          and d.deptype = 'e')
 group by n.nspname
 order by n.nspname
