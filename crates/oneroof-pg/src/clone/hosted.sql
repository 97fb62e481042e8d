-- Who we are on the server that is to hold a clone.
select r.rolname::text                      as role,
       r.rolsuper                           as is_superuser,
       pg_catalog.pg_is_in_recovery()       as is_standby
  from pg_catalog.pg_roles as r
 where r.rolname = current_user
