-- Client sessions of this database beside this one and those with the process ids $1. A session that is no longer
-- listed has handed in its counters.
select count(*) as sessions
  from pg_catalog.pg_stat_activity as a
 where a.datname = pg_catalog.current_database()
   and a.pid <> pg_catalog.pg_backend_pid()
   and a.pid <> all ($1::int4[])
   and a.backend_type = 'client backend'
