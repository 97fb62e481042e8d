-- What a copy of this database reads, largest first: one row per table, or per range of blocks of a large one. The
-- statements run here and on the copy. $1: in how many parts a table may be read; $2: bytes of the smallest part.
-- $3, $4, $5: columns `schema.table.column` that are masked, how, and with what.
-- Rows of partitions that go through their root are checked there, so their columns come in the root's order.
-- Tables of extensions count as far as the extension says that their rows are the user's. Materialized views are
-- filled again, foreign tables stay where they are.
with recursive
type_of (oid, at) as (
    -- A domain is sent as the type below it.
    select distinct a.atttypid, a.atttypid
      from pg_catalog.pg_attribute as a
     where a.attnum > 0 and not a.attisdropped
    union
    select t.oid, d.typbasetype
      from type_of as t
      join pg_catalog.pg_type as d on d.oid = t.at and d.typtype = 'd'
),
binary_type as (
    -- Values that mean the same on another server, byte by byte: no OIDs of it inside.
    select t.oid
      from type_of as t
      join pg_catalog.pg_type as own on own.oid = t.at and own.typtype <> 'd'
      left join pg_catalog.pg_type as element on element.oid = own.typelem and own.typlen = -1 and own.typcategory = 'A'
      join pg_catalog.pg_type as sent on sent.oid = coalesce(element.oid, own.oid)
     where (own.typtype = 'e')
        or (sent.oid < 10000
            and (sent.typtype in ('r', 'm')
                 or sent.typname in ('bool', 'bytea', 'char', 'name', 'int8', 'int2', 'int4', 'text', 'json', 'jsonb', 'float4', 'float8',
                                     'bpchar', 'varchar', 'date', 'time', 'timestamp', 'timestamptz', 'timetz', 'interval', 'bit',
                                     'varbit', 'numeric', 'uuid', 'inet', 'cidr', 'macaddr', 'macaddr8', 'point', 'lseg', 'box',
                                     'path', 'polygon', 'line', 'circle', 'tsvector', 'tsquery')))
),
masked (attrelid, attname, kind, value) as (
    select a.attrelid, a.attname, wanted.kind, wanted.value
      from unnest($3::text[], $4::text[], $5::text[]) as wanted (name, kind, value)
     cross join lateral pg_catalog.parse_ident(wanted.name) as parts
      join pg_catalog.pg_namespace as n on n.nspname = parts[1]
      join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = parts[2]
      join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = parts[3] and a.attnum > 0
    union
    select i.inhrelid, m.attname, m.kind, m.value
      from masked as m
      join pg_catalog.pg_inherits as i on i.inhparent = m.attrelid
),
relation as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as identity, c.relispartition,
           member.condition, member.is_member,
           pg_catalog.pg_table_size(c.oid) as bytes,
           pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint as blocks
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     cross join lateral (
        select coalesce(bool_or(true), false) as is_member, max(x.condition) as condition, coalesce(bool_or(x.condition is not null), false) as is_data
          from pg_catalog.pg_depend as d
          left join lateral (select config.condition
                               from pg_catalog.pg_extension as e
                              cross join unnest(e.extconfig, e.extcondition) as config (relation, condition)
                              where e.oid = d.refobjid and config.relation = c.oid) as x on true
         where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
           and d.refclassid = 'pg_catalog.pg_extension'::regclass and d.deptype = 'e'
     ) as member
     where c.relkind = 'r'
       and n.nspname !~ '^pg_'
       and n.nspname <> 'information_schema'
       and (not member.is_member or member.is_data)
),
kept as (
    -- A table without blocks has no rows, whoever looks.
    select r.*, entered.identity as through, columns.list, columns.is_binary, columns.is_masked, columns.values,
           case when r.is_member or entered.identity is not null then 1
                else greatest(1, least($1::bigint, r.bytes / greatest($2::bigint, 1), r.blocks)) end as parts
      from relation as r
      left join lateral (
        -- The hash of an enum is that of its OID, so its rows lie in another partition there: they go through the root.
        select c.oid, format('%I.%I', n.nspname, c.relname) as identity
          from pg_catalog.pg_partition_tree(pg_catalog.pg_partition_root(r.oid)) as tree
          join pg_catalog.pg_class as c on c.oid = pg_catalog.pg_partition_root(r.oid)
          join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
          join pg_catalog.pg_partitioned_table as p on p.partrelid = tree.relid and p.partstrat = 'h'
          join pg_catalog.pg_attribute as a on a.attrelid = p.partrelid and a.attnum = any (p.partattrs::smallint[])
          join pg_catalog.pg_type as t on t.oid = a.atttypid and t.typtype = 'e'
         where r.relispartition
         limit 1
     ) as entered on true
     cross join lateral (
        select string_agg(quote_ident(a.attname), ', ' order by place.number) as list, coalesce(bool_and(b.oid is not null), false) as is_binary,
               coalesce(bool_or(m.kind is not null), false) as is_masked,
               string_agg(coalesce('(' || rule.expression || ')::' || pg_catalog.format_type(a.atttypid, a.atttypmod), quote_ident(a.attname)),
                          ', ' order by place.number) as values
          from pg_catalog.pg_attribute as a
          left join pg_catalog.pg_attribute as above on above.attrelid = entered.oid and above.attname = a.attname and above.attnum > 0
         cross join lateral (select coalesce(above.attnum, a.attnum) as number) as place
          left join binary_type as b on b.oid = a.atttypid
          left join masked as m on m.attrelid = a.attrelid and m.attname = a.attname
         cross join lateral (
            -- the key is a setting of the transaction, so that no statement holds it
            select format('pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.current_setting(''oneroof.mask_key'') || %I::text, ''UTF8''))', a.attname) as hash
         ) as bytes
         cross join lateral (select format('pg_catalog.encode(%s, ''hex'')', bytes.hash) as hex) as letters
         cross join lateral (
            select case m.kind
                       when 'null' then 'null'
                       when 'fixed' then format('case when %I is not null then %L end', a.attname, m.value)
                       when 'expression' then m.value
                       when 'email' then format('pg_catalog.left(%s, 12) || ''@example.invalid''', letters.hex)
                       when 'digits' then format($digits$(select pg_catalog.string_agg(case when c ~ '[0-9]'
                                                     then pg_catalog.substr(pg_catalog.translate(%s, 'abcdef', '012345'), ((i - 1) %% 64 + 1)::integer, 1)
                                                     else c end, '' order by i)
                                                   from pg_catalog.regexp_split_to_table(%I::text, '') with ordinality as split (c, i))$digits$,
                                                 letters.hex, a.attname)
                       when 'hash' then case pg_catalog.format_type(a.atttypid, null)
                                            when 'uuid' then format('pg_catalog.left(%s, 32)', letters.hex)
                                            when 'bytea' then bytes.hash
                                            else letters.hex end
                   end as expression
         ) as rule
         where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     ) as columns
     where r.blocks > 0
)
select k.oid                                        as table_oid,
       k.identity,
       (k.bytes / k.parts)::bigint                  as bytes,
       k.parts::bigint                              as parts,
       case
           when k.is_member or k.is_masked or k.parts > 1
               then format('copy (select %s from only %s %s) to stdout with (format %s)', k.values, k.identity,
                           case when k.is_member then k.condition
                                when k.parts = 1 then ''
                                else format('where ctid >= ''(%s,0)''%s', k.blocks * part / k.parts,
                                            case when part + 1 < k.parts then format(' and ctid < ''(%s,0)''', k.blocks * (part + 1) / k.parts) end) end,
                           how.format)
           else format('copy %s%s to stdout with (format %s)', k.identity, ' (' || k.list || ')', how.format)
       end                                          as out_statement,
       case when not k.is_member and k.parts = 1 and k.through is null then format('truncate only %s', k.identity) end as truncate_statement,
       format('copy %s%s from stdin with (format %s%s)', coalesce(k.through, k.identity), ' (' || k.list || ')', how.format,
              case when not k.is_member and k.parts = 1 and k.through is null then ', freeze' end) as in_statement,
       -- On the copy, all of the table as it was sent: masks are in it by then. Where rows lie in other partitions there,
       -- all of the root, which stands for all of them.
       coalesce(k.through, k.identity)              as checked_identity,
       case when k.is_member then format('copy (select %s from only %s %s) to stdout with (format %s)', k.list, k.identity, k.condition, how.format)
            when k.through is not null then format('copy (select %s from %s) to stdout with (format %s)', k.list, k.through, how.format)
            else format('copy %s%s to stdout with (format %s)', k.identity, ' (' || k.list || ')', how.format) end
                                                    as check_statement
  from kept as k
 cross join lateral (select case when k.is_binary then 'binary' else 'text' end as format) as how
 cross join lateral generate_series(0, k.parts - 1) as part
 where k.list is not null or not k.is_member
 order by k.bytes / k.parts desc, k.identity, part
