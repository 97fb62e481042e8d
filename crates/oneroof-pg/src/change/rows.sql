-- For each of these tables that the search path finds: the SELECT of its rows with their keys.
select
    names.name,
    format(
        'select jsonb_build_array(%s)::text, to_jsonb(t)::text from %s as t',
        keys.columns,
        found.oid::regclass
    )
from unnest($1::text[]) with ordinality as names (name, position)
cross join lateral (select to_regclass(names.name)::oid as oid) as found
cross join lateral (
    select string_agg(format('t.%I::text', attribute.attname), ', ' order by key.position) as columns
    from pg_catalog.pg_index as index
    cross join lateral unnest(index.indkey::int2[]) with ordinality as key (attnum, position)
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = index.indrelid
     and attribute.attnum = key.attnum
    where index.indrelid = found.oid
      and index.indisprimary
) as keys
where found.oid is not null
  and keys.columns is not null
order by names.position
