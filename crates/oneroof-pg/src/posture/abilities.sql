-- What this role lacks for its work. Which of these count is decided by the connection that it stands behind.
select
    'read-all-stats' as item,
    'not a member of pg_read_all_stats' as seen,
    format('grant pg_read_all_stats to %I;', session_user) as mend
where not pg_catalog.pg_has_role(session_user, 'pg_read_all_stats', 'usage')
union all
select
    'read-everything',
    format('no select on table %I.%I', n.nspname, c.relname),
    format('grant usage on schema %I to %I; grant select on table %I.%I to %I;',
           n.nspname, session_user, n.nspname, c.relname, session_user)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm')
  and n.nspname <> 'information_schema'
  and n.nspname !~ '^pg_'
  and n.nspname <> 'oneroof'
  and not (pg_catalog.has_table_privilege(session_user, c.oid, 'select')
           and pg_catalog.has_schema_privilege(session_user, n.oid, 'usage'))
union all
select
    'read-everything',
    format('row policies of table %I.%I hold for it', n.nspname, c.relname),
    format('alter role %I bypassrls;', session_user)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relrowsecurity
  and pg_catalog.row_security_active(c.oid)
union all
select
    'inherit',
    format('role %I has the rights of role %I without `set role`', session_user, granted.rolname),
    format('alter role %I noinherit;', session_user)
        || case
               when current_setting('server_version_num')::integer >= 160000
               then format(' grant %I to %I with inherit false;', granted.rolname, session_user)
               else ''
           end
from pg_catalog.pg_roles as r
join pg_catalog.pg_auth_members as m on m.member = r.oid
join pg_catalog.pg_roles as granted on granted.oid = m.roleid
where r.rolname = session_user
  and granted.rolname !~ '^pg_'
  -- From 16 on each membership has its own answer; before, the column does not exist.
  and coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit)
union all
select
    'ledger-append',
    'no execute on function oneroof.append(text, jsonb)',
    format('grant usage on schema oneroof to %I; grant execute on function oneroof.append(text, jsonb) to %I;',
           session_user, session_user)
where to_regnamespace('oneroof') is not null
  and not coalesce(
      has_schema_privilege(session_user, 'oneroof', 'usage')
      and has_function_privilege(session_user, to_regprocedure('oneroof.append(text, jsonb)'), 'execute'), false)
