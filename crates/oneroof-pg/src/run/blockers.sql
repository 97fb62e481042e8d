-- Who stands in the way of a backend, as far as our role may see.
select format(
    'pid %s, user %s, application %s, query running for %s',
    activity.pid,
    coalesce(activity.usename::text, 'not visible'),
    coalesce(nullif(activity.application_name, ''), '-'),
    coalesce(date_trunc('second', clock_timestamp() - activity.query_start)::text, 'not visible')
)
from unnest(pg_blocking_pids($1::integer)) as blocking (pid)
left join pg_catalog.pg_stat_activity as activity on activity.pid = blocking.pid
where activity.pid is not null
