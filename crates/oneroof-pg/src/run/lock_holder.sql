-- Who holds the advisory lock of this name ($1) in this database. A session holds the lock of a release, and has no
-- transaction of its own; the other locks end with their transaction.
select
    locks.pid,
    activity.usename::text,
    nullif(activity.application_name, ''),
    to_char(
        case $1 when 'oneroof.release' then activity.backend_start else activity.xact_start end at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    )
from pg_catalog.pg_locks as locks
left join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
where locks.locktype = 'advisory'
  and locks.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and locks.granted
  and locks.objsubid = 1
  and (locks.classid::bigint << 32) | locks.objid::bigint = hashtextextended($1, 0)
limit 1
