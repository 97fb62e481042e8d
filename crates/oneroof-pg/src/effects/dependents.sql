-- What depends on the asked objects and is none of them: its definition may name them.
select distinct catalog.relname::text, dependency.oid
  from dependency
  join asked as on_which on on_which.catalog = dependency.on_catalog and on_which.oid = dependency.on_oid
  join pg_catalog.pg_class as catalog on catalog.oid = dependency.catalog
 where dependency.oid >= 16384
   and not exists (select from asked as own where own.catalog = dependency.catalog and own.oid = dependency.oid)
 order by 1, 2
