-- Rights to change something that these roles ($1) have, by what was granted; 0 stands for everybody. What an
-- owner has by being the owner is found elsewhere.
with granted (item, kind, name, privilege, columns, grantee) as (
    -- Everybody may update pg_settings: that is SET by another name.
    select case c.relkind when 'S' then 'sequence-rights' else 'write-rights' end,
           case c.relkind when 'S' then 'sequence' else 'table' end,
           format('%I.%I', n.nspname, c.relname),
           a.privilege_type,
           '',
           a.grantee
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     cross join lateral pg_catalog.aclexplode(c.relacl) as a
     where a.grantee <> c.relowner
       and c.oid <> 'pg_catalog.pg_settings'::pg_catalog.regclass
       and not pg_catalog.pg_is_other_temp_schema(n.oid)
       and case
               when c.relkind = 'S' then a.privilege_type in ('USAGE', 'UPDATE')
               else a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
           end
    union all
    select 'write-rights', 'table', format('%I.%I', n.nspname, c.relname), a.privilege_type,
           format(' (%I)', column_.attname), a.grantee
      from pg_catalog.pg_attribute as column_
      join pg_catalog.pg_class as c on c.oid = column_.attrelid
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     cross join lateral pg_catalog.aclexplode(column_.attacl) as a
     where a.grantee <> c.relowner
       and a.privilege_type in ('INSERT', 'UPDATE', 'REFERENCES')
    union all
    select 'write-rights', 'large object', o.oid::text, a.privilege_type, '', a.grantee
      from pg_catalog.pg_largeobject_metadata as o
     cross join lateral pg_catalog.aclexplode(o.lomacl) as a
     where a.grantee <> o.lomowner
       and a.privilege_type = 'UPDATE'
    union all
    select case a.privilege_type when 'TEMPORARY' then 'temp-right' else 'create-rights' end,
           'database', quote_ident(d.datname), a.privilege_type, '', a.grantee
      from pg_catalog.pg_database as d
     cross join lateral pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) as a
     where d.datname = current_database()
       and a.grantee <> d.datdba
       and a.privilege_type in ('CREATE', 'TEMPORARY')
    union all
    select 'create-rights', 'schema', quote_ident(n.nspname), a.privilege_type, '', a.grantee
      from pg_catalog.pg_namespace as n
     cross join lateral pg_catalog.aclexplode(n.nspacl) as a
     where a.grantee <> n.nspowner
       and a.privilege_type = 'CREATE'
    union all
    select 'create-rights', 'tablespace', quote_ident(s.spcname), a.privilege_type, '', a.grantee
      from pg_catalog.pg_tablespace as s
     cross join lateral pg_catalog.aclexplode(s.spcacl) as a
     where a.grantee <> s.spcowner
       and a.privilege_type = 'CREATE'
    union all
    select 'foreign-servers', 'foreign server', quote_ident(s.srvname), a.privilege_type, '', a.grantee
      from pg_catalog.pg_foreign_server as s
     cross join lateral pg_catalog.aclexplode(s.srvacl) as a
     where a.grantee <> s.srvowner
    union all
    select 'foreign-servers', 'foreign data wrapper', quote_ident(w.fdwname), a.privilege_type, '', a.grantee
      from pg_catalog.pg_foreign_data_wrapper as w
     cross join lateral pg_catalog.aclexplode(w.fdwacl) as a
     where a.grantee <> w.fdwowner
)
select
    granted.item,
    format('%s%s on %s %s, granted to %s',
           lower(string_agg(granted.privilege, ', ' order by granted.privilege)), granted.columns,
           granted.kind, granted.name, whom.name) as seen,
    format('revoke %s on %s %s from %s;',
           lower(string_agg(granted.privilege || granted.columns, ', ' order by granted.privilege)),
           granted.kind, granted.name, whom.name) as mend
from granted
cross join lateral (
    select case granted.grantee
               when 0 then 'public'
               else (select quote_ident(r.rolname) from pg_catalog.pg_roles as r where r.oid = granted.grantee)
           end as name
) as whom
where granted.grantee = any ($1::oid[])
group by granted.item, granted.kind, granted.name, granted.columns, whom.name
order by granted.item, granted.kind, granted.name, granted.columns, whom.name
