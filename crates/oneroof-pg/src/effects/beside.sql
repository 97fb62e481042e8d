-- Facts about what no single database owns: (kind, identity, definition). No passwords.
select 'role', quote_ident(r.rolname),
       (select string_agg(concat_ws(' ', key, coalesce(value, 'null')), e'\n' order by key collate "C")
          from jsonb_each_text(to_jsonb(r) - '{oid,rolname,rolpassword,rolconfig}'::text[]))
  from pg_catalog.pg_roles as r

union all
select 'member', format('%I of %I', pg_catalog.pg_get_userbyid(m.member), pg_catalog.pg_get_userbyid(m.roleid)),
       string_agg(format('granted by %I ', pg_catalog.pg_get_userbyid(m.grantor))
                  || (to_jsonb(m) - '{oid,roleid,member,grantor}'::text[])::text, e'\n' order by pg_catalog.pg_get_userbyid(m.grantor) collate "C")
  from pg_catalog.pg_auth_members as m
 group by m.member, m.roleid

union all
select 'setting', case s.setrole when 0 then 'of every role' else 'of role ' || quote_ident(pg_catalog.pg_get_userbyid(s.setrole)) end
                  || ' in every database: ' || split_part(setting, '=', 1),
       substr(setting, strpos(setting, '=') + 1)
  from pg_catalog.pg_db_role_setting as s
 cross join unnest(s.setconfig) as setting
 where s.setdatabase = 0

union all
select 'tablespace', quote_ident(t.spcname), concat_ws(e'\n', pg_catalog.pg_get_userbyid(t.spcowner), t.spcacl::text, t.spcoptions::text)
  from pg_catalog.pg_tablespace as t

union all
select 'subscription', quote_ident(s.subname), concat_ws(e'\n', pg_catalog.pg_get_userbyid(s.subowner), s.subenabled::text, s.subpublications::text)
  from pg_catalog.pg_subscription as s
 where s.subdbid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
