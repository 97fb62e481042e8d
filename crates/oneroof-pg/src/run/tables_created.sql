-- Tables created by this transaction, sub-transactions included. A row of pg_class is also rewritten
-- by `alter table`; the row of the system column ctid is written at creation only.
select format('%I.%I', namespace.nspname, class.relname)
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_catalog.pg_attribute as attribute
  on attribute.attrelid = class.oid
 and attribute.attnum = -1
where class.relkind in ('r', 'p')
  and class.relpersistence <> 't'
  and pg_current_xact_id_if_assigned() is not null
  and age(class.xmin) <= age(pg_current_xact_id_if_assigned()::xid)
  and age(attribute.xmin) <= age(pg_current_xact_id_if_assigned()::xid)
order by 1
