-- Relations of the database that the inventory does not name, counted by kind. Ours, extensions', partitions and
-- temporary ones are not counted: nobody has to own them. Objects are named by schema and table (catalog) or by
-- the table of public (the two providers of Directus).
with relation as (
    select
        case
            when c.relkind = 'v'          then 'views'
            when c.relkind = 'm'          then 'materialized views'
            when c.relkind = 'f'          then 'foreign tables'
            when c.relpersistence = 'u'   then 'unlogged tables'
            else                               'tables of schema ' || n.nspname
        end                                     as kind,
        format('%I.%I', n.nspname, c.relname)   as full_name,
        case n.nspname when 'public' then c.relname::text end as public_name
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      and c.relpersistence <> 't'
      and not c.relispartition
      and n.nspname not in ('information_schema', 'oneroof')
      and n.nspname not like 'pg\_%'
      and pg_catalog.pg_get_userbyid(c.relowner) <> 'one_roof_owner'
      and not exists (
          select
          from pg_catalog.pg_depend as d
          where d.classid = 'pg_catalog.pg_class'::regclass
            and d.objid = c.oid
            and d.deptype = 'e'
      )
),
left_out as (
    select
        r.kind,
        count(*) as relations
    from relation as r
    where not exists (
        select
        from v_governance_object_inventory as i
        where i.object_ref = r.full_name
    )
      and not exists (
        select
        from v_governance_object_inventory as i
        where i.object_ref = r.public_name
    )
    group by r.kind
)
select
    coalesce(sum(l.relations), 0)::bigint,
    string_agg(format('%s %s', l.kind, l.relations), ', ' order by l.kind)
from left_out as l
