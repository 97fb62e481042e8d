-- Operators of these names, other than those that PostgreSQL comes with in pg_catalog.
select
    o.oid,
    n.nspname::text as schema_name,
    o.oprname::text as name,
    o.oid::regoperator::text as signature,
    o.oprcode::oid as function_oid,
    e.extname::text as extension
from pg_operator as o
join pg_namespace as n on n.oid = o.oprnamespace
left join pg_depend as d
    on d.classid = 'pg_operator'::regclass and d.objid = o.oid
    and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
left join pg_extension as e on e.oid = d.refobjid
where o.oprname = any ($1::name[])
  and (n.nspname <> 'pg_catalog' or o.oid >= 16384)
order by o.oid
