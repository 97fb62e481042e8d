-- Views of schema reporting that the analysts may read.
select
    count(*),
    string_agg(c.relname, ', ' order by c.relname)
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'reporting'
  and c.relkind = 'v'
  and has_schema_privilege('reporting_reader', n.oid, 'usage')
  and has_table_privilege('reporting_reader', c.oid, 'select')
