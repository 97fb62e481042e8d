-- Which type each name stands for; $3 is the path for names without a schema.
select
    a.schema_name,
    a.name,
    (
        select t.oid
        from pg_type as t
        join pg_namespace as n on n.oid = t.typnamespace
        where t.typname = a.name
          and (n.nspname = a.schema_name or (a.schema_name is null and n.nspname = any ($3::text[])))
        order by array_position($3::text[], n.nspname::text)
        limit 1
    ) as oid
from unnest($1::text[], $2::text[]) as a (schema_name, name)
