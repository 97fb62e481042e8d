-- What the current role lacks to copy this whole database, each with the statement that gives it.
-- The records of oneroof are copied too.
with
namespace as (
    select n.oid, n.nspname
      from pg_catalog.pg_namespace as n
     where n.nspname !~ '^pg_'
       and n.nspname <> 'information_schema'
),
relation as (
    select c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) as identity, n.oid as namespace_oid
      from pg_catalog.pg_class as c
      join namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'S')
       and not exists (select
                         from pg_catalog.pg_depend as d
                        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
)
select format('usage on schema %I', n.nspname)                                  as missing,
       format('grant usage on schema %I to %I', n.nspname, current_user)        as grant_statement
  from namespace as n
 where not pg_catalog.has_schema_privilege(n.oid, 'usage')
   and exists (select from relation as r where r.namespace_oid = n.oid)

union all
select format('select on %s %s', case r.relkind when 'S' then 'sequence' else 'table' end, r.identity),
       format('grant select on %s %s to %I', case r.relkind when 'S' then 'sequence' else 'table' end, r.identity, current_user)
  from relation as r
 where not case r.relkind when 'S' then pg_catalog.has_sequence_privilege(r.oid, 'select')
                          else pg_catalog.has_table_privilege(r.oid, 'select') end

union all
select format('bypassrls, a row level policy holds on table %s', r.identity),
       format('alter role %I bypassrls', current_user)
  from relation as r
 where r.relkind in ('r', 'p')
   and pg_catalog.row_security_active(r.oid)
 order by missing
