-- Who holds the lock of the scanner in this database.
select
    locks.pid,
    activity.usename::text,
    nullif(activity.application_name, ''),
    to_char(activity.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from pg_catalog.pg_locks as locks
left join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
where locks.locktype = 'advisory'
  and locks.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and locks.granted
  and locks.objsubid = 1
  and (locks.classid::bigint << 32) | locks.objid::bigint = hashtextextended('oneroof.scan', 0)
limit 1
