-- The limits that a session of this role starts with, in their base units. Our own sessions ask for READ ONLY when they
-- connect, which hides what the role itself brings: that one is read from where it is stored.
select
    s.name,
    case
        when s.name <> 'default_transaction_read_only' then s.setting
        when lower(stored.value) in ('on', 'true', 'yes', '1') then 'on'
        else 'off'
    end as value,
    case
        when exists (
            select
              from pg_catalog.pg_db_role_setting as kept
             cross join lateral unnest(kept.setconfig) as line (text)
             where split_part(line.text, '=', 1) = s.name
               and kept.setrole = (select oid from pg_catalog.pg_roles where rolname = session_user)
               and kept.setdatabase = (select oid from pg_catalog.pg_database where datname = current_database()))
        then format('alter role %I in database %I reset %s;', session_user, current_database(), s.name)
        else ''
    end as mend_first
from pg_catalog.pg_settings as s
left join lateral (
    select split_part(line.text, '=', 2) as value
      from pg_catalog.pg_db_role_setting as kept
     cross join lateral unnest(kept.setconfig) as line (text)
     where split_part(line.text, '=', 1) = s.name
       and kept.setrole in (0, (select oid from pg_catalog.pg_roles where rolname = session_user))
       and kept.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
     order by kept.setrole = 0, kept.setdatabase = 0
     limit 1
) as stored on s.name = 'default_transaction_read_only'
where s.name in (
    'default_transaction_read_only', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
    'temp_file_limit', 'work_mem', 'max_parallel_workers_per_gather', 'jit', 'standard_conforming_strings')
order by s.name
