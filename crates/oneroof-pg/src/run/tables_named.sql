-- Full names of the tables that the present search path finds under these names.
select format('%I.%I', namespace.nspname, class.relname)
from unnest($1::text[]) as names (name)
join pg_catalog.pg_class as class on class.oid = to_regclass(names.name)
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
order by 1
