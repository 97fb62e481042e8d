-- Statements that make this cluster's roles on another server of the same major: attributes, settings, comments,
-- memberships with their options. No passwords. Left out: the system's own roles and the bootstrap superuser, who is
-- there already under the same name. Grantors of memberships are left out, options of several grants are added up.
with
role as (
    select r.*
      from pg_catalog.pg_roles as r
     where r.rolname !~ '^pg_'
       and r.oid <> 10
),
membership as (
    select g.rolname as group_name,
           m.rolname as member_name,
           bool_or(a.admin_option)                                             as admin_option,
           -- 16 and later; before that the member's own attribute decides
           bool_or((to_jsonb(a) ->> 'inherit_option')::boolean)                as inherit_option,
           bool_or((to_jsonb(a) ->> 'set_option')::boolean)                    as set_option
      from pg_catalog.pg_auth_members as a
      join pg_catalog.pg_roles as g on g.oid = a.roleid
      join pg_catalog.pg_roles as m on m.oid = a.member
     where m.rolname !~ '^pg_'
     group by g.rolname, m.rolname
)
select 'role' as kind, r.rolname::text as role, 1 as place,
       concat_ws(' ', format('create role %I with', r.rolname),
           case when r.rolsuper       then 'superuser'   else 'nosuperuser'   end,
           case when r.rolcreatedb    then 'createdb'    else 'nocreatedb'    end,
           case when r.rolcreaterole  then 'createrole'  else 'nocreaterole'  end,
           case when r.rolinherit     then 'inherit'     else 'noinherit'     end,
           case when r.rolcanlogin    then 'login'       else 'nologin'       end,
           case when r.rolreplication then 'replication' else 'noreplication' end,
           case when r.rolbypassrls   then 'bypassrls'   else 'nobypassrls'   end,
           case when r.rolconnlimit >= 0 then 'connection limit ' || r.rolconnlimit end,
           case when r.rolvaliduntil is not null then format('valid until %L', r.rolvaliduntil) end) as statement
  from role as r

union all
select 'setting', r.rolname, 2,
       format('alter role %I set %s to %s', r.rolname,
              (select string_agg(quote_ident(part), '.') from unnest(string_to_array(split_part(setting, '=', 1), '.')) as part),
              case when split_part(setting, '=', 1) in ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
                   -- stored as a list of quoted names; an empty name can only be written as a literal
                   then pg_catalog.regexp_replace(substr(setting, strpos(setting, '=') + 1), '(^|, )""(?=,|$)', '\1''''', 'g')
                   else quote_literal(substr(setting, strpos(setting, '=') + 1)) end)
  from role as r
 cross join unnest(r.rolconfig) as setting

union all
select 'comment', r.rolname, 2, format('comment on role %I is %L', r.rolname, d.description)
  from role as r
  join pg_catalog.pg_shdescription as d on d.classoid = 'pg_catalog.pg_authid'::regclass and d.objoid = r.oid

union all
select 'membership', m.member_name, 3,
       format('grant %I to %I%s', m.group_name, m.member_name,
              case when m.set_option is null then case when m.admin_option then ' with admin option' end
                   else format(' with admin %s, inherit %s, set %s', m.admin_option::text, m.inherit_option::text, m.set_option::text) end)
  from membership as m
 order by place, role, statement
