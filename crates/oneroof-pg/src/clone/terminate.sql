-- Ends the sessions with application name $1, and waits at most ten seconds for each of them to be gone.
select pg_catalog.pg_terminate_backend(a.pid, 10000)
  from pg_catalog.pg_stat_activity as a
 where a.application_name = $1::text
   and a.pid <> pg_catalog.pg_backend_pid()
