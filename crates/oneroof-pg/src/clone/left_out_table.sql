-- The relation of this database whose file has this number.
select format('%I.%I', n.nspname, c.relname) as identity
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where pg_catalog.pg_relation_filenode(c.oid) = $1::oid
