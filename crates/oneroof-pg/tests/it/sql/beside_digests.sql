-- Statements whose answers must be the same in every copy, about what digests of tables do not see or see elsewhere:
-- rows of partitioned tables and of filled materialized views, values of generated columns, large objects with owner
-- and grants.
select format('select %L, count(*), sum(pg_catalog.hashtextextended("odd row"::text collate "C", 0)::numeric) from %I.%I as "odd row"',
              'rows of ' || c.relname, n.nspname, c.relname) as statement
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where (c.relkind = 'p' and not c.relispartition)
    or (c.relkind = 'm' and c.relispopulated)
union all
select format('select %L, count(*), sum(pg_catalog.hashtextextended(row(%s)::text collate "C", 0)::numeric) from only %I.%I',
              'generated columns of ' || c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attname), n.nspname, c.relname)
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and a.attgenerated <> '' and not a.attisdropped
 where c.relkind = 'r'
   and n.nspname not like 'pg\_%'
 group by n.nspname, c.relname
union all
select 'select c.oid::regclass, c.relispopulated from pg_catalog.pg_class as c where c.relkind = ''m'' order by c.oid::regclass::text'
union all
select 'select m.oid, pg_catalog.pg_get_userbyid(m.lomowner), m.lomacl, pg_catalog.obj_description(m.oid, ''pg_largeobject''),
               pg_catalog.md5(pg_catalog.lo_get(m.oid)), length(pg_catalog.lo_get(m.oid))
          from pg_catalog.pg_largeobject_metadata as m order by m.oid'
 order by statement
