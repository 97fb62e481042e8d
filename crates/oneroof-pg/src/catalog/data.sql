-- One row per user table of this database: the statement that counts its rows and adds up their hashes.
-- $1: schema-qualified tables, null for all. $2: columns `schema.table.column` to leave out.
-- $3: leave out generated keys (identity, nextval, generated uuid) and foreign keys to them.
-- The hash of a table is the sum of 64-bit hashes of its rows as text: it does not depend on their order, and equal
-- rows count. Positions of sequences, views, foreign tables and schema oneroof are no data.
with
relation as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as identity
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relkind = 'r'
       and n.nspname !~ '^pg_'
       and n.nspname not in ('information_schema', 'oneroof')
       and ($1::text[] is null
            or exists (select from unnest($1::text[]) as wanted (name) cross join lateral pg_catalog.parse_ident(wanted.name) as parts
                        where parts = array[n.nspname::text, c.relname::text]))
),
generated as (
    select a.attrelid, a.attnum
      from pg_catalog.pg_attribute as a
      left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where $3::boolean
       and (a.attidentity <> '' or pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ '(^|[^a-z_])(nextval|gen_random_uuid|uuid_generate_v[0-9][a-z]*|uuidv[47])\(')
),
left_out as (
    select g.attrelid, g.attnum from generated as g
    union
    select k.conrelid, pair.own
      from pg_catalog.pg_constraint as k
     cross join lateral unnest(k.conkey, k.confkey) as pair (own, referenced)
      join generated as g on g.attrelid = k.confrelid and g.attnum = pair.referenced
     where k.contype = 'f'
    union
    select a.attrelid, a.attnum
      from unnest($2::text[]) as unwanted (name)
     cross join lateral pg_catalog.parse_ident(unwanted.name) as parts
      join pg_catalog.pg_namespace as n on n.nspname = parts[1]
      join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = parts[2]
      join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = parts[3]
)
select r.identity,
       -- the alias is quoted and odd, so that no column of the table can be taken for the row
       format('select count(*)::text as row_count, coalesce(sum(pg_catalog.hashtextextended(%s collate "C", 0)::numeric), 0)::text as row_hash from only %s as "oneroof row"',
           case when exists (select from left_out as l where l.attrelid = r.oid)
                then 'row(' || coalesce((select string_agg(format('"oneroof row".%I', a.attname), ', ' order by a.attnum)
                                           from pg_catalog.pg_attribute as a
                                          where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                                            and not exists (select from left_out as l where l.attrelid = a.attrelid and l.attnum = a.attnum)), '') || ')::text'
                else '"oneroof row"::text' end,
           r.identity) as statement
  from relation as r
 order by r.identity collate "C"
