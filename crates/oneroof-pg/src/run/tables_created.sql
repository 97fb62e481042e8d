-- Tables created by this transaction, sub-transactions included. A row of pg_class is also rewritten by
-- `alter table`; the row of the system column ctid is written at creation only.
with
present as materialized (
    select age(pg_current_xact_id_if_assigned()::xid) as age
)
select format('%I.%I', namespace.nspname, class.relname)
from present
join pg_catalog.pg_class as class on age(class.xmin) <= present.age
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
where class.relkind in ('r', 'p')
  and class.relpersistence <> 't'
  and exists (
      select
      from pg_catalog.pg_attribute as attribute
      where attribute.attrelid = class.oid
        and attribute.attnum = -1
        and age(attribute.xmin) <= present.age
  )
order by 1
