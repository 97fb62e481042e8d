-- The select list and table for reading the keys of a table; null where it has no primary key.
select
    (
        select format(
            'select jsonb_build_array(%s)::text from %s as rows_of_ours',
            string_agg(format('rows_of_ours.%I::text', attribute.attname), ', ' order by keys.position),
            found.oid::regclass
        )
        from pg_catalog.pg_index as index
        cross join lateral unnest(index.indkey::int2[]) with ordinality as keys (attnum, position)
        join pg_catalog.pg_attribute as attribute
          on attribute.attrelid = index.indrelid
         and attribute.attnum = keys.attnum
        where index.indrelid = found.oid
          and index.indisprimary
    )
from (select to_regclass($1::text)::oid as oid) as found
where found.oid is not null
