-- Attributes of the role, and of every role that it can become ($1).
select
    attribute.item,
    case
        when r.rolname = session_user then format('role %I has %s', r.rolname, attribute.word)
        else format('role %I, of which it is a member, has %s', r.rolname, attribute.word)
    end as seen,
    case
        when r.oid = 10 then ''
        else format('alter role %I no%s;', r.rolname, attribute.word)
    end as mend
from pg_catalog.pg_roles as r
cross join lateral (
    values
        ('superuser',   'superuser',   r.rolsuper),
        ('bypass-rls',  'bypassrls',   r.rolbypassrls),
        ('create-db',   'createdb',    r.rolcreatedb),
        ('create-role', 'createrole',  r.rolcreaterole),
        ('replication', 'replication', r.rolreplication)
) as attribute (item, word, has)
where r.oid = any ($1::oid[])
  and attribute.has
order by r.rolname, attribute.item
