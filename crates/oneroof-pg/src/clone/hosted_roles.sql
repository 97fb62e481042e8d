-- Roles of $1 that may do more than they may on a server that others use too, and the statement that ends it.
select r.rolname::text                                                  as role,
       format('alter role %I with nosuperuser noreplication', r.rolname) as statement
  from pg_catalog.pg_roles as r
 where r.rolname = any ($1::text[])
   and (r.rolsuper or r.rolreplication)
 order by r.rolname
