-- Catalogs with secrets that these roles ($1, 0 for everybody) may read.
select
    'secrets' as item,
    format('%s%s can be read by %s', secret.name, a.columns, whom.name) as seen,
    format('revoke select%s on %s from %s;', a.columns, secret.name, whom.name) as mend
from (
    values
        ('pg_catalog.pg_authid'), ('pg_catalog.pg_shadow'), ('pg_catalog.pg_statistic'),
        ('pg_catalog.pg_statistic_ext_data'), ('pg_catalog.pg_largeobject'), ('pg_catalog.pg_user_mapping'),
        ('pg_catalog.pg_subscription'), ('pg_catalog.pg_hba_file_rules'), ('pg_catalog.pg_ident_file_mappings'),
        ('pg_catalog.pg_file_settings')
) as secret (name)
join pg_catalog.pg_class as c on c.oid = to_regclass(secret.name)
cross join lateral (
    select '' as columns, acl.grantee
      from pg_catalog.aclexplode(c.relacl) as acl
     where acl.privilege_type = 'SELECT'
       and acl.grantee <> c.relowner
    union all
    select format(' (%I)', column_.attname), acl.grantee
      from pg_catalog.pg_attribute as column_
     cross join lateral pg_catalog.aclexplode(column_.attacl) as acl
     where column_.attrelid = c.oid
       and acl.privilege_type = 'SELECT'
       -- Everybody may read the other columns of pg_subscription.
       and (c.relname <> 'pg_subscription' or column_.attname = 'subconninfo')
) as a
cross join lateral (
    select case a.grantee
               when 0 then 'public'
               else (select quote_ident(r.rolname) from pg_catalog.pg_roles as r where r.oid = a.grantee)
           end as name
) as whom
where a.grantee = any ($1::oid[])
union all
select
    'secrets',
    format('member of %I, which reads pg_authid, pg_statistic, pg_largeobject and pg_user_mapping', r.rolname),
    case when r.rolname = session_user then '' else format('revoke %I from %I;', r.rolname, session_user) end
from pg_catalog.pg_roles as r
where r.oid = any ($1::oid[])
  and r.rolname = 'pg_read_all_data'
order by 2
