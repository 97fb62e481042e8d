-- The tables of these schemas ($1; null: any schema) and names ($2; null: all tables), and what their foreign keys
-- refer to; parents first.
with recursive
named as (
    select c.oid
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p')
       and not c.relispartition
       and n.nspname !~ '^pg_'
       and n.nspname not in ('information_schema', 'oneroof')
       and ($2::text[] is null
            or exists (select from unnest($1::text[], $2::text[]) as wanted (schema_name, table_name)
                        where wanted.table_name = c.relname
                          and (wanted.schema_name is null or wanted.schema_name = n.nspname)))
),
reached (oid, depth) as (
    select n.oid, 0 from named as n
    union
    select k.confrelid, r.depth + 1
      from reached as r
      join pg_catalog.pg_constraint as k on k.conrelid = r.oid and k.contype = 'f' and k.confrelid <> k.conrelid
     where r.depth < 12
),
deepest as (
    select r.oid, max(r.depth) as depth from reached as r group by r.oid
)
select c.oid, format('%I.%I', ns.nspname, c.relname) as identity, exists (select from named as n where n.oid = c.oid) as named
  from deepest as d
  join pg_catalog.pg_class as c on c.oid = d.oid
  join pg_catalog.pg_namespace as ns on ns.oid = c.relnamespace
 order by d.depth desc, ns.nspname, c.relname
