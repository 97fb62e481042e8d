-- How much disk each database of this server takes.
select d.datname::text                              as name,
       pg_catalog.pg_database_size(d.oid)::bigint   as bytes
  from pg_catalog.pg_database as d
 where pg_catalog.has_database_privilege(d.oid, 'connect')
