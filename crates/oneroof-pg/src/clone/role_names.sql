-- The roles of this server but the system's own.
select r.rolname::text as name
  from pg_catalog.pg_roles as r
 where r.rolname !~ '^pg_'
 order by r.rolname
