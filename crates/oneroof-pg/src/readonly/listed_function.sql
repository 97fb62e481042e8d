-- The function that a signature stands for.
select
    p.oid,
    n.nspname::text as schema_name,
    p.proname::text as name,
    p.oid::regprocedure::text as signature,
    p.prokind::text as kind
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
where p.oid = to_regprocedure($1)
