-- How many tables and sequences outside the system's schemas each of these roles could write to.
select
    roles.name,
    count(class.oid) filter (
        where case class.relkind
            when 'S' then has_sequence_privilege(roles.name, class.oid, 'usage, update')
            else has_table_privilege(roles.name, class.oid, 'insert, update, delete, truncate')
        end
    )
from unnest($1::text[]) as roles (name)
left join pg_catalog.pg_class as class
  on class.relkind in ('r', 'p', 'f', 'v', 'S')
 and class.relnamespace not in (
     select oid
     from pg_catalog.pg_namespace
     where nspname in ('pg_catalog', 'information_schema', 'pg_toast')
 )
where exists (select from pg_catalog.pg_roles where rolname = roles.name)
group by roles.name
