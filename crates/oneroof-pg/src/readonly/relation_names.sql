-- Which relation each name stands for; $3 is the path for names without a schema.
select
    a.schema_name,
    a.name,
    (
        select c.oid
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where c.relname = a.name
          and (n.nspname = a.schema_name or (a.schema_name is null and n.nspname = any ($3::text[])))
        order by array_position($3::text[], n.nspname::text)
        limit 1
    ) as oid
from unnest($1::text[], $2::text[]) as a (schema_name, name)
