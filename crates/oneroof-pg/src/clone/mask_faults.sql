-- What is wrong with masks. $1: columns `schema.table.column`; $2: their rules.
select format('column %s: %s', wanted.name, fault.fault) as fault
  from unnest($1::text[], $2::text[]) with ordinality as wanted (name, kind, place)
 cross join lateral (select pg_catalog.parse_ident(wanted.name) as parts) as parsed
  left join lateral (
    select a.attnotnull, a.attgenerated, t.typcategory, t.typname, c.relkind
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_catalog.pg_type as t on t.oid = a.atttypid
     where cardinality(parts) = 3 and n.nspname = parts[1] and c.relname = parts[2] and a.attname = parts[3]
  ) as found on true
 cross join lateral (values
    (found.relkind is null, 'there is none; a mask names schema.table.column'),
    (found.relkind not in ('r', 'p'), 'it is no column of a table'),
    (found.attgenerated <> '', 'it is computed from others; mask those'),
    (wanted.kind = 'null' and found.attnotnull, 'it cannot be null'),
    (wanted.kind = 'hash' and not (found.typcategory = 'S' or found.typname in ('uuid', 'bytea')), 'only text, uuid and bytea can be hashed'),
    (wanted.kind in ('digits', 'email') and found.typcategory <> 'S', 'only text has digits or addresses'),
    ((select count(*) from unnest($1::text[]) as other (name) where pg_catalog.parse_ident(other.name) = parts) > 1, 'it has two masks')
 ) as fault (holds, fault)
 where fault.holds
 order by wanted.place, fault.fault
