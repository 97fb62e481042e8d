-- Are there materialized views with rows? A copy of rows fills them anew.
select exists (select
                 from pg_catalog.pg_class as c
                 join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname !~ '^pg_'
                where c.relkind = 'm' and c.relispopulated) as are_there
