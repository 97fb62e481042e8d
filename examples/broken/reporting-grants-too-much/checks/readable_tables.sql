-- Tables that the analysts may read: they hold names and addresses, so there must be none.
select
    count(*),
    string_agg(c.oid::regclass::text, ', ' order by c.relname)
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'public'
  and c.relkind in ('r', 'p')
  and has_table_privilege('reporting_reader', c.oid, 'select')
