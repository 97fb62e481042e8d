-- Statements that drop the roles of this server that are not in $1.
select format('drop role if exists %I', r.rolname) as statement
  from pg_catalog.pg_roles as r
 where r.rolname !~ '^pg_'
   and r.rolname <> all ($1::text[])
 order by r.rolname
