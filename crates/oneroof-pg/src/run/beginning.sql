-- What a new session of this role in this database begins with, and others may change: settings of the role and of the
-- database. A login trigger may do anything at the beginning of a session.
select concat_ws(
    ' ',
    (select string_agg(format('%s %s %s', setting.setdatabase, setting.setrole, setting.setconfig), ' ' order by setting.setdatabase, setting.setrole)
       from pg_catalog.pg_db_role_setting as setting
      where setting.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()))
        and setting.setrole in (0, (select r.oid from pg_catalog.pg_roles as r where r.rolname = session_user))),
    (select string_agg(format('%s %s', t.oid, t.evtenabled), ' ' order by t.oid)
       from pg_catalog.pg_event_trigger as t
      where t.evtevent = 'login')
)
