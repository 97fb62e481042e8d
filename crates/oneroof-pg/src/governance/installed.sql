-- Which of the wanted relations a schema lacks, whether our role may use it, and which other schemas hold the
-- first of them.
select jsonb_build_object(
    'missing', (
        select coalesce(jsonb_agg(w.name order by w.position), '[]')
        from unnest($2::text[]) with ordinality as w (name, position)
        where not exists (
            select
            from pg_catalog.pg_class as c
            join pg_catalog.pg_namespace as n
                on n.oid = c.relnamespace
            where n.nspname = $1::text
              and c.relname = w.name
        )
    ),
    'usable', coalesce((
        select pg_catalog.has_schema_privilege(n.oid, 'usage')
        from pg_catalog.pg_namespace as n
        where n.nspname = $1::text
    ), true),
    'elsewhere', (
        select coalesce(jsonb_agg(n.nspname order by n.nspname), '[]')
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n
            on n.oid = c.relnamespace
        where c.relname = ($2::text[])[1]
          and n.nspname <> $1::text
    )
)
