-- The role of this session first, then every role that it is a member of, directly or through others.
with recursive reached (oid, through) as (
    select r.oid, null::oid
      from pg_catalog.pg_roles as r
     where r.rolname = session_user
    union
    select m.roleid, coalesce(reached.through, m.roleid)
      from reached
      join pg_catalog.pg_auth_members as m on m.member = reached.oid
)
select
    r.oid,
    r.rolname::text                                           as role,
    quote_ident(r.rolname)                                    as quoted_role,
    r.oid < 16384 and r.rolname like 'pg\_%'                  as is_predefined,
    direct.rolname::text                                      as through,
    case
        when direct.rolname is null then ''
        else format('revoke %I from %I;', direct.rolname, session_user)
    end                                                       as mend,
    r.rolconnlimit                                            as connection_limit,
    current_database()::text                                  as database,
    pg_is_in_recovery()                                       as in_recovery,
    current_setting('server_version_num')::integer            as server_version_num,
    (select min(manager.rolname)::text
       from pg_catalog.pg_roles as manager
      where manager.rolname in ('rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin',
                                'neon_superuser', 'supabase_admin', 'doadmin', 'heroku_admin')) as managed_by
from (select oid, min(through) as through from reached group by oid) as found
join pg_catalog.pg_roles as r on r.oid = found.oid
left join pg_catalog.pg_roles as direct on direct.oid = found.through
order by found.through is not null, r.rolname
