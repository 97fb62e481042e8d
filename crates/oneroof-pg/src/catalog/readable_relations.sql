-- Tables and views outside the system's schemas that a role may read.
select format('%I.%I', namespace.nspname, class.relname)
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
where class.relkind in ('r', 'p', 'f', 'v', 'm')
  and namespace.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'oneroof')
  and has_schema_privilege($1::text, namespace.oid, 'usage')
  and has_table_privilege($1::text, class.oid, 'select')
order by 1
