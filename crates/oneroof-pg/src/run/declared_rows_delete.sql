-- The statement that deletes rows of a table by their keys ($1 of that statement: JSON arrays of the key columns' values as
-- text, in the order of the primary key); null where the table has none.
select (
    select format(
               'delete from %s as rows_of_ours using unnest($1::jsonb[]) as named (key) where %s',
               found.oid::regclass,
               string_agg(format('rows_of_ours.%I = (named.key ->> %s)::%s', attribute.attname, keys.position - 1,
                                 pg_catalog.format_type(attribute.atttypid, attribute.atttypmod)),
                          ' and ' order by keys.position)
           )
      from pg_catalog.pg_index as index
     cross join lateral unnest(index.indkey::int2[]) with ordinality as keys (attnum, position)
      join pg_catalog.pg_attribute as attribute
        on attribute.attrelid = index.indrelid
       and attribute.attnum = keys.attnum
     where index.indrelid = found.oid
       and index.indisprimary
       and keys.position <= index.indnkeyatts
)
from (select to_regclass($1::text)::oid as oid) as found
where found.oid is not null
