-- Who is connected to any database of this server but ourselves, in words.
select format('%s of database %I (process %s%s)', coalesce(a.usename, '?'), a.datname, a.pid,
              case when a.application_name <> '' then ', ' || a.application_name else '' end) as session
  from pg_catalog.pg_stat_activity as a
 where a.backend_type = 'client backend'
   and a.pid <> pg_catalog.pg_backend_pid()
 order by a.pid
