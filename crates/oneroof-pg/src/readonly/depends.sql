-- What views, policies and virtual generated columns of these relations use, as the server noted it.
with stored (relation_oid, classid, objid) as (
    select w.ev_class, 'pg_rewrite'::regclass::oid, w.oid
    from pg_rewrite as w
    join pg_class as c on c.oid = w.ev_class
    where w.ev_class = any ($1::oid[]) and w.ev_type = '1' and c.relkind = 'v'
    union all
    select p.polrelid, 'pg_policy'::regclass::oid, p.oid
    from pg_policy as p
    where p.polrelid = any ($1::oid[]) and p.polcmd in ('r', '*')
    union all
    select a.attrelid, 'pg_attrdef'::regclass::oid, d.oid
    from pg_attribute as a
    join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = any ($1::oid[]) and a.attgenerated = 'v'
)
select distinct
    s.relation_oid,
    d.refclassid::regclass::text as kind,
    d.refobjid as oid,
    coalesce(pn.nspname, orn.nspname)::text as schema_name,
    coalesce(p.proname, o.oprname)::text as name,
    coalesce(p.oid::regprocedure::text, o.oid::regoperator::text) as signature,
    o.oprcode::oid as function_oid
from stored as s
join pg_depend as d on d.classid = s.classid and d.objid = s.objid
left join pg_proc as p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
left join pg_namespace as pn on pn.oid = p.pronamespace
left join pg_operator as o on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
left join pg_namespace as orn on orn.oid = o.oprnamespace
where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_class'::regclass)
  and not (d.refclassid = 'pg_class'::regclass and d.refobjid = s.relation_oid)
order by 1, 2, 3
