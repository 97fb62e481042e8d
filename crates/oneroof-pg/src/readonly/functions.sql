-- Functions of these names; of those that PostgreSQL comes with in pg_catalog only the names in $2.
select
    p.oid,
    n.nspname::text as schema_name,
    p.proname::text as name,
    p.oid::regprocedure::text as signature,
    e.extname::text as extension
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
left join pg_depend as d
    on d.classid = 'pg_proc'::regclass and d.objid = p.oid
    and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
left join pg_extension as e on e.oid = d.refobjid
where p.proname = any ($1::name[])
  and (n.nspname <> 'pg_catalog' or p.oid >= 16384 or p.proname = any ($2::name[]))
order by p.oid
