-- What leads out of a copy of this database: a rehearsal could act elsewhere through it.
select format('foreign server %I', s.srvname) as door
  from pg_catalog.pg_foreign_server as s
union all
select format('extension %I', e.extname)
  from pg_catalog.pg_extension as e
 where e.extname in ('dblink', 'pg_cron', 'pg_net', 'http', 'plpython3u', 'plperlu')
union all
-- subscriptions are not copied
select format('subscription %I (not copied)', s.subname)
  from pg_catalog.pg_subscription as s
 where s.subdbid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
 order by door
