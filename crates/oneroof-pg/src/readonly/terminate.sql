-- Ends a connection of our own role.
select pg_catalog.pg_terminate_backend(pid)
  from pg_catalog.pg_stat_activity
 where pid operator(pg_catalog.=) $1
   and backend_start operator(pg_catalog.<=) $2
