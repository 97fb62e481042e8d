-- These types, those of the columns of the relations $2, and the types that they are made of.
with recursive reached (oid) as (
    (
        select unnest($1::oid[])
        union
        select a.atttypid
        from pg_attribute as a
        where a.attrelid = any ($2::oid[]) and a.attnum > 0 and not a.attisdropped
    )
    union
    select following.oid
    from reached as r
    join pg_type as t on t.oid = r.oid and t.oid >= 16384
    cross join lateral (
        select t.typelem as oid
        union all
        select t.typbasetype
        union all
        select a.atttypid from pg_attribute as a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
        union all
        select g.rngsubtype from pg_range as g where g.rngtypid = t.oid
        union all
        select g.rngtypid from pg_range as g where g.rngmultitypid = t.oid
    ) as following
    where following.oid <> 0
)
select
    t.oid,
    n.nspname::text as schema_name,
    t.typname::text as name,
    t.typtype::text as kind,
    (t.typelem <> 0 and t.typlen = -1) as is_array,
    array(
        select part.oid
        from (
            select t.typelem as oid
            union
            select t.typbasetype
            union
            select a.atttypid from pg_attribute as a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
            union
            select g.rngsubtype from pg_range as g where g.rngtypid = t.oid
            union
            select g.rngtypid from pg_range as g where g.rngmultitypid = t.oid
        ) as part
        where part.oid <> 0
        order by 1
    ) as parts,
    e.extname::text as extension
from reached as r
join pg_type as t on t.oid = r.oid and t.oid >= 16384
join pg_namespace as n on n.oid = t.typnamespace
left join pg_depend as d
    on d.classid = 'pg_type'::regclass and d.objid = t.oid
    and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
left join pg_extension as e on e.oid = d.refobjid
order by t.oid
