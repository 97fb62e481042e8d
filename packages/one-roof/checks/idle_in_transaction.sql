-- Sessions of this database that sit in an open transaction for longer than idle_limit. Without
-- pg_read_all_stats the state of other roles is null, and a count would always be 0: then the
-- value is null, never 0.
select case when pg_has_role(current_user, 'pg_read_all_stats', 'usage') then count(*) end,
       string_agg(
           format('pid %s, role %s, application %s, age %s',
                  a.pid, a.usename, coalesce(nullif(a.application_name, ''), '-'),
                  date_trunc('second', now() - a.state_change)),
           '; ' order by a.state_change)
from pg_stat_activity a
where a.datname = current_database()
  and a.pid <> pg_backend_pid()
  and a.state in ('idle in transaction', 'idle in transaction (aborted)')
  and now() - a.state_change > coalesce(nullif(current_setting('oneroof.idle_limit', true), ''), '5 s')::interval
