-- Can this server compress large values by lz4? To find out that a value does not compress takes it a twentieth of the
-- time that pglz takes.
select coalesce('lz4' = any (s.enumvals), false) as is_there
  from pg_catalog.pg_settings as s
 where s.name = 'default_toast_compression'
