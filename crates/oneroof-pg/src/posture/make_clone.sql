-- The statements that make role $1 a right clone role of this database, one per row. A password is set apart from this.
with line (place, text) as (
    select 10, format('%s role %I login nosuperuser nocreatedb nocreaterole bypassrls connection limit 16;',
        case when exists (select from pg_catalog.pg_roles where rolname = $1) then 'alter' else 'create' end, $1::text)
    union all
    select 20, format('alter role %I set %s = %L;', $1::text, limits.name, limits.value)
      from (values ('default_transaction_read_only', 'on'), ('lock_timeout', '10s')) as limits (name, value)
    union all
    select 40, format('grant pg_read_all_data, pg_read_all_stats to %I;', $1::text)
    union all
    select 50, format('grant connect on database %I to %I;', current_database(), $1::text)
    union all
    select 51, format('revoke temporary on database %I from public;  -- grant it again to roles of applications that need it', current_database())
    union all
    select 52, format('revoke create on schema %I from public;', n.nspname)
      from pg_catalog.pg_namespace as n
     where exists (select from pg_catalog.aclexplode(n.nspacl) as a where a.grantee = 0 and a.privilege_type = 'CREATE')
)
select line.text from line order by line.place, line.text
