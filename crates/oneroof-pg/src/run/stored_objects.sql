-- Views, functions and procedures of schema $1 (null: where new objects go) and name $2, place by place: the statement
-- that drops each, and for a view the one that counts its rows and adds up their hashes.
-- $3: columns `view.column` or `schema.view.column` that differ between two readings.
with
wanted as (
    select distinct coalesce(w.schema, pg_catalog.current_schema()) as schema, w.name
      from unnest($1::text[], $2::text[]) as w (schema, name)
),
relation as (
    select c.oid, c.relname, n.nspname, format('%I.%I', n.nspname, c.relname) as identity,
           case c.relkind when 'v' then 'view' else 'materialized view' end as kind
      from wanted as w
      join pg_catalog.pg_namespace as n on n.nspname = w.schema
      join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = w.name
     where c.relkind in ('v', 'm')
),
left_out as (
    select a.attrelid, a.attnum
      from unnest($3::text[]) as volatile (name)
     cross join lateral pg_catalog.parse_ident(volatile.name) as parts
      join relation as r on parts = array[r.relname::text, parts[2]] or parts = array[r.nspname::text, r.relname::text, parts[3]]
      join pg_catalog.pg_attribute as a on a.attrelid = r.oid and a.attname = parts[cardinality(parts)]
)
select r.kind, r.nspname::text as schema, r.relname::text as name, r.identity,
       format('drop %s %s', r.kind, r.identity) as drop_statement,
       format('select count(*)::text as row_count, coalesce(sum(pg_catalog.hashtextextended(%s collate "C", 0)::numeric), 0)::text as row_hash from %s as "oneroof row"',
           case when exists (select from left_out as l where l.attrelid = r.oid)
                then 'row(' || coalesce((select string_agg(format('"oneroof row".%I', a.attname), ', ' order by a.attnum)
                                           from pg_catalog.pg_attribute as a
                                          where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                                            and not exists (select from left_out as l where l.attrelid = a.attrelid and l.attnum = a.attnum)), '') || ')::text'
                else '"oneroof row"::text' end,
           r.identity) as rows_statement
  from relation as r

union all
select case p.prokind when 'p' then 'procedure' else 'function' end, n.nspname::text, p.proname::text,
       format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
       format('drop %s %I.%I(%s)', case p.prokind when 'p' then 'procedure' else 'function' end, n.nspname, p.proname,
              pg_catalog.pg_get_function_identity_arguments(p.oid)),
       null
  from wanted as w
  join pg_catalog.pg_namespace as n on n.nspname = w.schema
  join pg_catalog.pg_proc as p on p.pronamespace = n.oid and p.proname = w.name
 where p.prokind in ('f', 'w', 'p')
 order by 4
