-- Nobody gets anything by default; the read role may look, the apply role may look and append.
-- Names come from the settings oneroof.adopt_read_role and oneroof.adopt_apply_role ('' = none).
-- Who could read the ledger before keeps it: the views were rebuilt and lost their grants.
revoke all on schema oneroof from public;
revoke all on all tables in schema oneroof from public;
revoke all on all functions in schema oneroof from public;

do $grants$
declare
    role_name text;
    view_name text;
begin
    foreach role_name in array array[
        pg_catalog.current_setting('oneroof.adopt_read_role', true),
        pg_catalog.current_setting('oneroof.adopt_apply_role', true)]
    loop
        continue when coalesce(role_name, '') = '';
        if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
            raise exception 'oneroof: role % does not exist', role_name
                using errcode = '42704',
                      hint    = pg_catalog.format('create role %I login', role_name);
        end if;
        execute pg_catalog.format('grant usage on schema oneroof to %I', role_name);
        execute pg_catalog.format('grant select on oneroof.schema_version, oneroof.target, oneroof.policy, oneroof.entry to %I', role_name);
        execute pg_catalog.format('grant execute on function oneroof.canonical_entry(oneroof.entry), oneroof.entry_hash(oneroof.entry), oneroof.verify(text) to %I', role_name);
    end loop;

    role_name := pg_catalog.current_setting('oneroof.adopt_apply_role', true);
    if coalesce(role_name, '') <> '' then
        execute pg_catalog.format('grant execute on function oneroof.append(text, jsonb) to %I', role_name);
    end if;

    for role_name, view_name in
        select pg_catalog.pg_get_userbyid(acl.grantee), v.relname
          from pg_catalog.pg_class as c
         cross join lateral pg_catalog.aclexplode(c.relacl) as acl
         cross join pg_catalog.pg_class as v
         where c.oid = 'oneroof.entry'::pg_catalog.regclass
           and acl.privilege_type = 'SELECT'
           and acl.grantee not in (0, c.relowner)
           and v.relnamespace = c.relnamespace
           and v.relkind = 'v'
    loop
        execute pg_catalog.format('grant select on oneroof.%I to %I', view_name, role_name);
    end loop;
end
$grants$;
