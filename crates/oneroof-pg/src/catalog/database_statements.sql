-- Statements that make a database like $2 (null: the current one), under the name $1, on another server of the same
-- major; without its objects, tablespace, comment and mark. `copy` makes one with its objects, on the same server. The
-- new database admits no connections until it is opened.
with
own as (
    select d.*, to_jsonb(d) as facts
      from pg_catalog.pg_database as d
     where d.datname = coalesce($2::text, pg_catalog.current_database())
)
select 'create' as kind, 1 as place,
       concat_ws(' ', format('create database %I with template template0 owner %I encoding %L lc_collate %L lc_ctype %L',
                             $1::text, pg_catalog.pg_get_userbyid(o.datdba), pg_catalog.pg_encoding_to_char(o.encoding), o.datcollate, o.datctype),
           case o.facts ->> 'datlocprovider'
               when 'c' then 'locale_provider libc'
               when 'i' then format('locale_provider icu icu_locale %L', coalesce(o.facts ->> 'datlocale', o.facts ->> 'daticulocale'))
               when 'b' then format('locale_provider builtin builtin_locale %L', o.facts ->> 'datlocale')
           end,
           'icu_rules ' || quote_literal(o.facts ->> 'daticurules'),
           'allow_connections false') as statement
  from own as o

union all
-- by files where the server has the choice: nothing goes through the log
select 'copy', 1,
       concat_ws(' ', format('create database %I with template %I owner %I allow_connections false', $1::text, o.datname, pg_catalog.pg_get_userbyid(o.datdba)),
           case when pg_catalog.current_setting('server_version_num')::int4 >= 150000 then 'strategy file_copy' end)
  from own as o

union all
select 'open', 2, format('alter database %I with allow_connections true', $1::text)

union all
select 'setting', 3,
       format('alter %s set %s to %s',
              case s.setrole when 0 then format('database %I', $1::text)
                             else format('role %I in database %I', pg_catalog.pg_get_userbyid(s.setrole), $1::text) end,
              (select string_agg(quote_ident(part), '.') from unnest(string_to_array(split_part(setting, '=', 1), '.')) as part),
              case when split_part(setting, '=', 1) in ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
                   -- stored as a list of quoted names; an empty name can only be written as a literal
                   then pg_catalog.regexp_replace(substr(setting, strpos(setting, '=') + 1), '(^|, )""(?=,|$)', '\1''''', 'g')
                   else quote_literal(substr(setting, strpos(setting, '=') + 1)) end)
  from own as o
  join pg_catalog.pg_db_role_setting as s on s.setdatabase = o.oid
 cross join unnest(s.setconfig) as setting
 where setting not like 'oneroof.mark=%'

union all
select 'acl', 4, format('revoke all on database %I from public, %I', $1::text, pg_catalog.pg_get_userbyid(o.datdba))
  from own as o
 where o.datacl is not null

union all
select 'acl', 5,
       format('grant %s on database %I to %s%s', acl.privilege_type, $1::text,
              case acl.grantee when 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(acl.grantee)) end,
              case when acl.is_grantable then ' with grant option' end)
  from own as o
 cross join lateral pg_catalog.aclexplode(o.datacl) as acl

 order by place, statement
