-- The schema of our objects is made by a DBA, not by the package. Detail: the line that makes it.
select
    count(*),
    string_agg(format('create schema %I authorization one_roof_owner', s.schema_name), '; ')
from (
    select coalesce(nullif(current_setting('oneroof.schema', true), ''), 'public') as schema_name
) as s
where not exists (
    select
    from pg_catalog.pg_namespace as n
    where n.nspname = s.schema_name
)
