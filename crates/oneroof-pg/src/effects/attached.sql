-- Objects that would be dropped together with the asked ones, without a word, and are none of them: partitions, sequences
-- that a column owns, statistics, memberships in publications.
select pg_catalog.pg_describe_object(dependency.catalog, dependency.oid, 0),
       on_which.place::int4
  from dependency
  join asked as on_which on on_which.catalog = dependency.on_catalog and on_which.oid = dependency.on_oid
 where dependency.goes_with_it
   and not exists (select from asked as own where own.catalog = dependency.catalog and own.oid = dependency.oid)
   and dependency.catalog <> 'pg_catalog.pg_default_acl'::regclass
   and not exists (select from pg_catalog.pg_publication_rel as r
                     join asked as own on own.oid = r.prpubid and own.catalog = 'pg_catalog.pg_publication'::regclass
                    where r.oid = dependency.oid and dependency.catalog = 'pg_catalog.pg_publication_rel'::regclass)
 order by 1
