-- The functions, operators, types and relations that belong to these extensions.
select 'function' as kind, p.oid, n.nspname::text as schema_name, p.proname::text as name,
    p.oid::regprocedure::text as signature, null::oid as function_oid, e.extname::text as extension
from pg_extension as e
join pg_depend as d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
join pg_proc as p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
join pg_namespace as n on n.oid = p.pronamespace
where e.extname::text = any ($1::text[])
union all
select 'operator', o.oid, n.nspname::text, o.oprname::text, o.oid::regoperator::text, o.oprcode::oid, e.extname::text
from pg_extension as e
join pg_depend as d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
join pg_operator as o on d.classid = 'pg_operator'::regclass and o.oid = d.objid
join pg_namespace as n on n.oid = o.oprnamespace
where e.extname::text = any ($1::text[])
union all
select 'type', t.oid, n.nspname::text, t.typname::text, t.typname::text, null, e.extname::text
from pg_extension as e
join pg_depend as d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
join pg_type as t on d.classid = 'pg_type'::regclass and t.oid = d.objid
join pg_namespace as n on n.oid = t.typnamespace
where e.extname::text = any ($1::text[])
union all
select 'relation', c.oid, n.nspname::text, c.relname::text, c.relname::text, null, e.extname::text
from pg_extension as e
join pg_depend as d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
join pg_class as c on d.classid = 'pg_class'::regclass and c.oid = d.objid
join pg_namespace as n on n.oid = c.relnamespace
where e.extname::text = any ($1::text[])
order by 1, 2
