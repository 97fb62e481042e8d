-- The OID of database $1.
select d.oid
  from pg_catalog.pg_database as d
 where d.datname = $1::text
