-- Tables created by this transaction, sub-transactions included, after its command $1. A row of pg_class
-- is also rewritten by `alter table`; the row of the system column ctid is written at creation only, and
-- its cmin is the number of the command that did it.
with
present as materialized (
    select age(pg_current_xact_id_if_assigned()::xid) as age
)
select
    format('%I.%I', namespace.nspname, class.relname),
    created.command
from present
join pg_catalog.pg_class as class on age(class.xmin) <= present.age
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
cross join lateral (
    select attribute.cmin::text::bigint as command
    from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = class.oid
      and attribute.attnum = -1
      and age(attribute.xmin) <= present.age
) as created
where class.relkind in ('r', 'p')
  and class.relpersistence <> 't'
  and created.command > $1::bigint
order by 1
