-- Names of objects ($1 their catalogs, $2 their OIDs), and whether each belongs to the server or to an extension. Temporary
-- objects and the files of large values have no name that lasts, and are left out.
select asked.class,
       asked.oid,
       named.type,
       named.identity,
       asked.oid < 16384 or exists (select from pg_catalog.pg_depend as d
                                     where d.classid = asked.catalog and d.objid = asked.oid and d.deptype = 'e')
  from (select o.class, o.oid, ('pg_catalog.' || quote_ident(o.class))::regclass::oid as catalog
          from unnest($1::text[], $2::oid[]) as o (class, oid)) as asked
 cross join lateral pg_catalog.pg_identify_object(asked.catalog, asked.oid, 0) as named
 where named.identity is not null
   and coalesce(named.schema, '') !~ '^pg_(temp|toast)'
   and (asked.class <> 'pg_namespace' or named.name !~ '^pg_(temp|toast)')
