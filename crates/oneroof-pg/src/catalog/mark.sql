-- The raw mark of the current database, exactly as its setting holds it; null without one.
-- Never current_setting('oneroof.mark'): any session can set that.
select substr(setting, length('oneroof.mark=') + 1) as mark
  from pg_catalog.pg_db_role_setting as s
 cross join unnest(s.setconfig) as setting
 where s.setrole = 0
   and s.setdatabase = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
   and setting like 'oneroof.mark=%'
