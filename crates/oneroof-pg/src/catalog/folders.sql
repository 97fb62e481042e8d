-- The folders of Directus: rows that others are grouped under and that have no table. Members are the collections
-- right below a folder; the row without a name counts the collections that lie in no folder.
with folder as (
    select distinct d."group" as name
      from public.directus_collections as d
     where d."group" is not null
       and not exists (
           select
             from pg_catalog.pg_class as t
             join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
            where n.nspname = 'public'
              and t.relname = d."group"
              and t.relkind in ('r', 'p', 'v', 'm', 'f'))),
collection as (
    select d.collection, d."group"
      from public.directus_collections as d
     where d.collection not like 'directus\_%'
       and not exists (select from folder as f where f.name = d.collection))
select f.name::text                     as name,
       count(c.collection)              as members
  from folder as f
  left join collection as c on c."group" = f.name
 group by f.name
union all
select null,
       count(*)
  from collection as c
 where c."group" is null
 order by 1 nulls last
