-- Casts by a function, other than those that PostgreSQL comes with.
select
    c.castsource as source,
    c.casttarget as target,
    s.typname::text as source_name,
    t.typname::text as target_name,
    c.castcontext = 'i' as implicit,
    p.oid as function_oid,
    n.nspname::text as schema_name,
    p.proname::text as name,
    p.oid::regprocedure::text as signature
from pg_cast as c
join pg_type as s on s.oid = c.castsource
join pg_type as t on t.oid = c.casttarget
join pg_proc as p on p.oid = c.castfunc
join pg_namespace as n on n.oid = p.pronamespace
where c.oid >= 16384
order by c.oid
