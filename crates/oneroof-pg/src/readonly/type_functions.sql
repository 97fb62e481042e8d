-- Checks of these domains, and the functions that checks and ranges of these types call.
select k.contypid as type_oid, 'check' as kind, k.conname::text as name, pg_get_expr(k.conbin, 0) as text,
    null::oid as oid, null::text as schema_name, null::oid as function_oid
from pg_constraint as k
where k.contypid = any ($1::oid[]) and k.conbin is not null
union all
select k.contypid, 'function', p.proname::text, p.oid::regprocedure::text, p.oid, n.nspname::text, null
from pg_constraint as k
join pg_depend as d
    on d.classid = 'pg_constraint'::regclass and d.objid = k.oid and d.refclassid = 'pg_proc'::regclass
join pg_proc as p on p.oid = d.refobjid
join pg_namespace as n on n.oid = p.pronamespace
where k.contypid = any ($1::oid[])
union all
select k.contypid, 'operator', o.oprname::text, o.oid::regoperator::text, o.oid, n.nspname::text, o.oprcode::oid
from pg_constraint as k
join pg_depend as d
    on d.classid = 'pg_constraint'::regclass and d.objid = k.oid and d.refclassid = 'pg_operator'::regclass
join pg_operator as o on o.oid = d.refobjid
join pg_namespace as n on n.oid = o.oprnamespace
where k.contypid = any ($1::oid[])
union all
select g.rngtypid, 'function', p.proname::text, p.oid::regprocedure::text, p.oid, n.nspname::text, null
from pg_range as g
join pg_proc as p on p.oid in (g.rngsubdiff, g.rngcanonical) and p.oid >= 16384
join pg_namespace as n on n.oid = p.pronamespace
where g.rngtypid = any ($1::oid[])
order by 1, 2, 3, 4
