-- Relations of this database that the inventory does not list, by kind. Growth is no fault; silence would be.
select coalesce(sum(k.relations), 0)::bigint,
       string_agg(format('%s %s', k.relations, k.kind), ', ' order by k.kind)
from (
    select case c.relkind
               when 'r' then case c.relpersistence when 'u' then 'unlogged table' else 'table' end
               when 'p' then 'partitioned table'
               when 'v' then 'view'
               when 'm' then 'materialized view'
               when 'f' then 'foreign table'
           end      as kind,
           count(*) as relations
    from pg_class c
    join pg_namespace n
      on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      and c.relpersistence <> 't'
      and not c.relispartition
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'oneroof')
      and c.relowner <> (select r.oid from pg_roles r where r.rolname = 'one_roof_owner')
      and not exists (
          select from pg_depend d
          where d.classid = 'pg_class'::regclass
            and d.objid = c.oid
            and d.deptype = 'e'
      )
      and not exists (
          select from v_governance_object_inventory i
          where i.object_ref in (c.relname, format('%I.%I', n.nspname, c.relname))
      )
    group by 1
) k
