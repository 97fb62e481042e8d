-- Schemas of inventory_groups that the database does not have: a slip there would be an empty inventory.
select
    count(*),
    string_agg(e.value ->> 'container', ', ' order by e.value ->> 'container')
from jsonb_array_elements(coalesce(nullif(current_setting('oneroof.inventory_groups', true), ''), '[]')::jsonb) as e (value)
where not exists (
    select
    from pg_catalog.pg_namespace as n
    where n.nspname = e.value ->> 'container'
)
