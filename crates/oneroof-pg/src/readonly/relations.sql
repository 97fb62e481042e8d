-- These relations, and those that their children and views lead to.
with recursive reached (oid) as (
    select unnest($1::oid[])
    union
    select following.oid
    from reached as r
    cross join lateral (
        select i.inhrelid as oid
        from pg_inherits as i
        where i.inhparent = r.oid
        union all
        select d.refobjid
        from pg_class as v
        join pg_rewrite as w on w.ev_class = v.oid and w.ev_type = '1'
        join pg_depend as d
            on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
            and d.refclassid = 'pg_class'::regclass
        where v.oid = r.oid and v.relkind = 'v' and v.oid >= 16384
    ) as following
)
select
    c.oid,
    n.nspname::text as schema_name,
    c.relname::text as name,
    c.relkind::text as kind,
    case when c.relkind = 'v' and c.oid >= 16384 then pg_get_viewdef(c.oid) end as definition,
    array(select i.inhrelid from pg_inherits as i where i.inhparent = c.oid order by 1) as children,
    cols.names as column_names,
    cols.types as column_types,
    case when am.oid >= 16384 then am.amname::text end as foreign_access_method
from reached as r
-- `offset 0`: one index look-up for each relation that was reached. A plan that does not know how few they are reads the
-- whole catalog, which takes 50 times longer.
cross join lateral (select k.* from pg_class as k where k.oid = r.oid offset 0) as c
cross join lateral (select s.nspname from pg_namespace as s where s.oid = c.relnamespace offset 0) as n
left join pg_am as am on am.oid = c.relam
cross join lateral (
    select
        coalesce(array_agg(a.attname::text order by a.attnum), '{}') as names,
        coalesce(array_agg(a.atttypid order by a.attnum), '{}') as types
    from pg_attribute as a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
) as cols
order by c.oid
