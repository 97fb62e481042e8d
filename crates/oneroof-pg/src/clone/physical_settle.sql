-- The statements that turn a copied cluster into one clone, which is named $2 and was $1: nobody's password, no other
-- database that anybody could take for its source, nothing that follows another server.
select format('alter role %I password null', a.rolname) as statement, 1 as place
  from pg_catalog.pg_authid as a
 where a.rolpassword is not null
union all
select format('alter database %I with allow_connections false', d.datname), 2
  from pg_catalog.pg_database as d
 where d.datname not in ('postgres', 'template0', 'template1')
union all
select format('alter database %I rename to %I', $1::text, $2::text), 3
 order by place, statement
