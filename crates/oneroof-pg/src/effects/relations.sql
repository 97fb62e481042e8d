-- The tables of these relations: an index stands for its table. Names that are not there are left out.
select distinct coalesce(i.indrelid, named.relation::oid)
  from (select to_regclass(name) as relation from unnest($1::text[]) as name) as named
  left join pg_catalog.pg_index as i on i.indexrelid = named.relation
 where named.relation is not null
 order by 1
