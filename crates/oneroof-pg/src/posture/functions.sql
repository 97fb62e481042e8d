-- Functions that these roles ($1, 0 for everybody) may execute and that do more than their own rights allow: security
-- definer ones of other owners, and built-in ones with effects that a READ ONLY transaction lets through.
with executable as (
    select p.oid, p.proname, p.prosecdef, p.proowner, n.nspname, p.pronamespace, a.grantee,
           format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name
      from pg_catalog.pg_proc as p
      join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
     cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
     where (p.prosecdef or n.nspname = 'pg_catalog' and p.proname in (
               'lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_unlink', 'pg_notify',
               'pg_logical_emit_message', 'txid_current', 'pg_current_xact_id', 'ts_stat', 'query_to_xml',
               'query_to_xml_and_xmlschema', 'query_to_xmlschema'))
       and a.grantee = any ($1::oid[])
       and a.grantee <> p.proowner
       and not p.proowner = any ($1::oid[])
)
select
    case when f.prosecdef then 'definer-functions' else 'effect-functions' end as item,
    case
        when f.prosecdef then format('%s runs as %I%s, executable by %s', f.name, owner.rolname,
            case when owner.rolsuper then ', a superuser' else '' end, whom.name)
        else format('%s is executable by %s', f.name, whom.name)
    end as seen,
    format('revoke execute on routine %s from %s;', f.name, whom.name) as mend
from executable as f
join pg_catalog.pg_roles as owner on owner.oid = f.proowner
cross join lateral (
    select case f.grantee
               when 0 then 'public'
               else (select quote_ident(r.rolname) from pg_catalog.pg_roles as r where r.oid = f.grantee)
           end as name
) as whom
where exists (
    select
      from unnest($1::oid[]) as reached (oid)
     where reached.oid <> 0
       and pg_catalog.has_schema_privilege(reached.oid, f.pronamespace, 'usage')
)
  -- From 16 on a READ ONLY transaction refuses to write large objects.
  and not (f.proname ~ '^lo' and f.nspname = 'pg_catalog' and current_setting('server_version_num')::integer >= 160000)
order by 1, 2
