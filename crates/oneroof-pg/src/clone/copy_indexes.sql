-- Indexes and foreign keys of plain tables, partitions included, as pg_dump names them: `oid` is the one of the
-- constraint where there is one.
select coalesce(k.oid, i.indexrelid)                 as oid,
       i.indrelid                                    as table_oid,
       null::oid                                     as other_table_oid,
       pg_catalog.pg_relation_size(i.indexrelid)     as bytes
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indrelid and c.relkind = 'r'
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join pg_catalog.pg_constraint as k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
 where n.nspname !~ '^pg_'
   and n.nspname <> 'information_schema'

union all
select k.oid, k.conrelid, k.confrelid, pg_catalog.pg_relation_size(k.conrelid)
  from pg_catalog.pg_constraint as k
  join pg_catalog.pg_class as c on c.oid = k.conrelid and c.relkind = 'r'
  join pg_catalog.pg_class as other on other.oid = k.confrelid and other.relkind = 'r'
 where k.contype = 'f'
   and k.conparentid = 0
 order by oid
