-- Relations whose locks somebody can notice: tables, views, sequences and indexes outside the system's
-- schemas and schema `oneroof`. TOAST tables are locked with their tables, and temporary ones are nobody else's.
select
    class.oid,
    format('%I.%I', namespace.nspname, class.relname),
    class.relkind::text
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
where class.oid >= 16384
  and class.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'I')
  and class.relpersistence <> 't'
  and namespace.nspname not in ('oneroof', 'information_schema')
  and namespace.nspname !~ '^pg_'
