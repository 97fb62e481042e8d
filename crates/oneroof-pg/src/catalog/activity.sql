-- The other client sessions of this database. Without pg_read_all_stats the state of other roles' sessions is null:
-- then `visible` is false, and "nobody is idle in transaction" is not known.
select pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage') as visible,
       a.pid,
       a.usename::text                                                    as role,
       a.application_name,
       coalesce(pg_catalog.host(a.client_addr), '[local]')                as client,
       a.state,
       extract(epoch from statement_timestamp() - a.state_change)::float8 as state_seconds,
       extract(epoch from statement_timestamp() - a.xact_start)::float8   as transaction_seconds
  from (select) as always
  left join pg_catalog.pg_stat_activity as a
    on a.datname = pg_catalog.current_database()
   and a.pid <> pg_catalog.pg_backend_pid()
   and coalesce(a.backend_type, 'client backend') = 'client backend'
 order by a.xact_start nulls last, a.pid
