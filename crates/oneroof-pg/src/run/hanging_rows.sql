-- For each foreign key that refers to a table ($1): its name, the table that has it, what it does when a row that it refers to
-- goes, and the query that counts its rows by the key of that row. $1 of that query are keys of the table as
-- declared_rows.sql reads them, $2 keys of rows of the other table that don't count. At last: may the other table be read?
with
key (relation, columns) as (
    select index.indrelid,
           (select string_agg('%1$s.' || replace(quote_ident(attribute.attname), '%', '%%') || '::text', ', ' order by keys.position)
              from unnest(index.indkey::int2[]) with ordinality as keys (attnum, position)
              join pg_catalog.pg_attribute as attribute
                on attribute.attrelid = index.indrelid
               and attribute.attnum = keys.attnum)
      from pg_catalog.pg_index as index
     where index.indisprimary
)
select quote_ident(fk.conname),
       format('%I.%I', home.nspname, child.relname),
       case fk.confdeltype when 'c' then 'deleted' when 'n' then 'set to null' when 'd' then 'set to their default' end,
       format(
           'select jsonb_build_array(%s)::text, count(*) from %s as theirs join %s as ours on %s '
           'where jsonb_build_array(%s) = any ($1::jsonb[]) and not coalesce(%s = any ($2::jsonb[]), false) group by 1 order by 1',
           format(parent_key.columns, 'ours'),
           fk.conrelid::regclass,
           fk.confrelid::regclass,
           (select string_agg(format('theirs.%I = ours.%I', own.attname, other.attname), ' and ')
              from unnest(fk.conkey, fk.confkey) as pair (own, other)
              join pg_catalog.pg_attribute as own on own.attrelid = fk.conrelid and own.attnum = pair.own
              join pg_catalog.pg_attribute as other on other.attrelid = fk.confrelid and other.attnum = pair.other),
           format(parent_key.columns, 'ours'),
           coalesce('jsonb_build_array(' || format(child_key.columns, 'theirs') || ')', 'null::jsonb')
       ),
       has_table_privilege(fk.conrelid, 'select')
  from pg_catalog.pg_constraint as fk
  join key as parent_key on parent_key.relation = fk.confrelid
  left join key as child_key on child_key.relation = fk.conrelid
  join pg_catalog.pg_class as child on child.oid = fk.conrelid
  join pg_catalog.pg_namespace as home on home.oid = child.relnamespace
 where fk.contype = 'f'
   and fk.conparentid = 0
   and fk.confrelid = to_regclass($1::text)
 order by 2, 1
