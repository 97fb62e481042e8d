-- What could act by itself on this server: workers of extensions, and subscriptions of this database.
select format('background worker `%s` (pid %s)', a.backend_type, a.pid) as job
  from pg_catalog.pg_stat_activity as a
 where a.backend_type not in ('archiver', 'autovacuum launcher', 'autovacuum worker', 'background writer', 'checkpointer',
                              'client backend', 'io worker', 'logger', 'logical replication launcher', 'parallel worker',
                              'slotsync worker', 'standalone backend', 'startup', 'walreceiver', 'walsender',
                              'walsummarizer', 'walwriter')
union all
select format('subscription %I', s.subname)
  from pg_catalog.pg_subscription as s
 where s.subdbid = (select d.oid from pg_catalog.pg_database as d where d.datname = $1::text)
   and s.subenabled
 order by job
