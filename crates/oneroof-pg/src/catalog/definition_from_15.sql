-- What the catalog of PostgreSQL 14 does not have, in the form of definition.sql.
select 'publication filter', format('%s in %I', t.prrelid::regclass, p.pubname), pg_catalog.pg_get_expr(t.prqual, t.prrelid)
  from pg_catalog.pg_publication_rel as t
  join pg_catalog.pg_publication as p on p.oid = t.prpubid
 where t.prqual is not null

union all
select 'publication schema', format('%I in %I', n.nspname, p.pubname), ''
  from pg_catalog.pg_publication_namespace as s
  join pg_catalog.pg_publication as p on p.oid = s.pnpubid
  join pg_catalog.pg_namespace as n on n.oid = s.pnnspid
