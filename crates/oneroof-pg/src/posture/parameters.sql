-- Parameters of superusers that these roles ($1, 0 for everybody) may set. From PostgreSQL 15 on.
select
    'parameter-rights' as item,
    format('%s on parameter %s, granted to %s', lower(a.privilege_type), p.parname, whom.name) as seen,
    format('revoke %s on parameter %s from %s;', lower(a.privilege_type), p.parname, whom.name) as mend
from pg_catalog.pg_parameter_acl as p
cross join lateral pg_catalog.aclexplode(p.paracl) as a
cross join lateral (
    select case a.grantee
               when 0 then 'public'
               else (select quote_ident(r.rolname) from pg_catalog.pg_roles as r where r.oid = a.grantee)
           end as name
) as whom
where a.grantee = any ($1::oid[])
  and a.grantee <> 10
order by p.parname, a.privilege_type
