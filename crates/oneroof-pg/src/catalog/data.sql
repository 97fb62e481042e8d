-- One row per user table of this database: the statement that counts its rows and adds up their hashes, and the
-- expression of one row's hash.
-- $1: schema-qualified tables, null for all. $2: columns `schema.table.column` to leave out; `table.column` means
-- the table of that name in every schema.
-- $3: leave out generated keys (identity, serial, generated uuid). $4: hash the order of the rows too.
-- $5: tables, quoted and qualified, whose rows a clone does not have.
-- What is left out goes on to the foreign keys that refer to it, to partitions and inheriting tables, and to columns
-- computed from it.
-- The hash of a table is the sum of 64-bit hashes of its rows as text: it does not depend on their order, and equal
-- rows count. The second one mixes the place of each row in. Positions of sequences, views, foreign tables and schema
-- oneroof are no data.
with recursive
relation as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as identity
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relkind = 'r'
       and n.nspname !~ '^pg_'
       and n.nspname not in ('information_schema', 'oneroof')
       and format('%I.%I', n.nspname, c.relname) <> all ($5::text[])
       and ($1::text[] is null
            or exists (select from unnest($1::text[]) as wanted (name) cross join lateral pg_catalog.parse_ident(wanted.name) as parts
                        where parts = array[n.nspname::text, c.relname::text]))
),
chosen as (
    -- generated keys: identity, a default that gives another value each time, an owned sequence (a trigger may ask it)
    select a.attrelid, a.attnum
      from pg_catalog.pg_attribute as a
      join pg_catalog.pg_type as t on t.oid = a.atttypid
      left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where $3::boolean
       and a.attnum > 0
       and (a.attidentity <> ''
            or coalesce(case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end, t.typdefault)
               ~ '(^|[^a-z_])(nextval|gen_random_uuid|uuid_generate_v[0-9][a-z]*|uuidv[47])\('
            or exists (select from pg_catalog.pg_depend as owned
                         join pg_catalog.pg_class as s on s.oid = owned.objid and s.relkind = 'S'
                        where owned.classid = 'pg_catalog.pg_class'::regclass and owned.deptype in ('a', 'i')
                          and owned.refclassid = 'pg_catalog.pg_class'::regclass
                          and owned.refobjid = a.attrelid and owned.refobjsubid = a.attnum))
    union
    select a.attrelid, a.attnum
      from unnest($2::text[]) as unwanted (name)
     cross join lateral pg_catalog.parse_ident(unwanted.name) as parts
      join pg_catalog.pg_class as c on c.relname = parts[cardinality(parts) - 1]
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and (cardinality(parts) < 3 or n.nspname = parts[1])
      join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = parts[cardinality(parts)]
),
link (from_relation, from_column, to_relation, to_column) as materialized (
    select k.confrelid, pair.referenced, k.conrelid, pair.own
      from pg_catalog.pg_constraint as k
     cross join lateral unnest(k.conkey, k.confkey) as pair (own, referenced)
     where k.contype = 'f'
    union
    select i.inhparent, above.attnum, i.inhrelid, below.attnum
      from pg_catalog.pg_inherits as i
      join pg_catalog.pg_attribute as above on above.attrelid = i.inhparent and above.attnum > 0
      join pg_catalog.pg_attribute as below on below.attrelid = i.inhrelid and below.attname = above.attname
    union
    select d.refobjid, d.refobjsubid, computed.attrelid, computed.attnum
      from pg_catalog.pg_attribute as computed
      join pg_catalog.pg_attrdef as expression on expression.adrelid = computed.attrelid and expression.adnum = computed.attnum
      join pg_catalog.pg_depend as d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = computed.attrelid
       and d.refobjsubid not in (0, computed.attnum)
       -- 14 keeps the dependency at the column, later ones at its expression
       and (d.classid, d.objid, d.objsubid) in (('pg_catalog.pg_attrdef'::regclass, expression.oid, 0),
                                                ('pg_catalog.pg_class'::regclass, computed.attrelid, computed.attnum))
     where computed.attgenerated <> ''
),
left_out (attrelid, attnum) as (
    select c.attrelid, c.attnum::integer from chosen as c
    union
    select l.to_relation, l.to_column::integer
      from left_out as o
      join link as l on l.from_relation = o.attrelid and l.from_column = o.attnum
),
hashed as (
    select r.oid, r.identity, without.columns,
           -- the alias is quoted and odd, so that no column of the table can be taken for the row
           format('pg_catalog.hashtextextended(%s collate "C", 0)',
                  case when without.columns is null then '"oneroof row"::text'
                       else 'row(' || coalesce((select string_agg(format('"oneroof row".%I', a.attname), ', ' order by a.attnum)
                                                  from pg_catalog.pg_attribute as a
                                                 where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                                                   and not exists (select from left_out as l where l.attrelid = a.attrelid and l.attnum = a.attnum)), '') || ')::text'
                  end) as row_hash
      from relation as r
     cross join lateral (
           select array_agg(a.attname::text order by a.attnum) as columns
             from left_out as l
             join pg_catalog.pg_attribute as a on a.attrelid = l.attrelid and a.attnum = l.attnum and not a.attisdropped
            where l.attrelid = r.oid) as without
)
select h.identity,
       coalesce(h.columns, '{}') as left_out,
       case when $4::boolean
            then format('select count(*)::text as row_count, coalesce(sum(hash::numeric), 0)::text as row_hash, coalesce(sum(pg_catalog.hashint8extended(hash, place)::numeric), 0)::text as order_hash from (select %s as hash, row_number() over () as place from only %s as "oneroof row") as hashed',
                        h.row_hash, h.identity)
            else format('select count(*)::text as row_count, coalesce(sum(%s::numeric), 0)::text as row_hash, null as order_hash from only %s as "oneroof row"',
                        h.row_hash, h.identity)
       end as statement,
       format('select %s as hash, count(*) as row_count from only %s as "oneroof row" group by 1 order by 1', h.row_hash, h.identity) as rows_statement
  from hashed as h
 order by h.identity collate "C"
