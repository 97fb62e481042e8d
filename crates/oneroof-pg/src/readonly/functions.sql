-- Functions of these names; of pg_catalog only the names in $2.
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
where p.proname::text = any ($1::text[])
  and (n.nspname <> 'pg_catalog' or p.proname::text = any ($2::text[]))
order by p.oid
