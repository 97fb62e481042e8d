-- Ends a connection of our own role.
select pg_catalog.pg_terminate_backend(pid)
  from pg_catalog.pg_stat_activity
 where pid = $1
   and backend_start <= $2
