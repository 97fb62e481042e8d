-- The statements that make role $1 a right read role of this database, one per row. A password is set apart from this.
with schema_to_read as (
    select n.oid, n.nspname
      from pg_catalog.pg_namespace as n
     where n.nspname !~ '^pg_'
       and n.nspname not in ('information_schema', 'oneroof')
), line (place, text) as (
    select 10, format('%s role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 4;',
        case when exists (select from pg_catalog.pg_roles where rolname = $1) then 'alter' else 'create' end, $1::text)
    union all
    select 20, format('alter role %I set %s = %L;', $1::text, limits.name, limits.value)
      from (
          values ('default_transaction_read_only', 'on'), ('statement_timeout', '5s'), ('lock_timeout', '1s'),
                 ('idle_in_transaction_session_timeout', '10s'), ('work_mem', '16MB'),
                 ('max_parallel_workers_per_gather', '0'), ('jit', 'off'), ('standard_conforming_strings', 'on')
      ) as limits (name, value)
    union all
    select 30, format('alter role %I set temp_file_limit = ''256MB'';  -- only a superuser can set it, and the role cannot raise it', $1::text)
    union all
    select 40, format('grant pg_read_all_stats to %I;', $1::text)
    union all
    select 40, format('grant one_roof_reader to %I;', $1::text)
      from pg_catalog.pg_roles where rolname = 'one_roof_reader'
    union all
    select 50, format('grant connect on database %I to %I;', current_database(), $1::text)
    union all
    select 51, format('revoke temporary on database %I from public;  -- grant it again to roles of applications that need it', current_database())
    union all
    select 52, format('revoke create on schema %I from public;', n.nspname)
      from pg_catalog.pg_namespace as n
     where exists (select from pg_catalog.aclexplode(n.nspacl) as a where a.grantee = 0 and a.privilege_type = 'CREATE')
    union all
    select 60, format('grant usage on schema %I to %I;', s.nspname, $1::text) from schema_to_read as s
    union all
    select 61, format('grant select on all tables in schema %I to %I;', s.nspname, $1::text) from schema_to_read as s
    union all
    select 70, format('alter default privileges for role %I in schema %I grant select on tables to %I;', owner.rolname, s.nspname, $1::text)
      from (select distinct c.relowner, c.relnamespace from pg_catalog.pg_class as c where c.relkind in ('r', 'p', 'v', 'm')) as made
      join schema_to_read as s on s.oid = made.relnamespace
      join pg_catalog.pg_roles as owner on owner.oid = made.relowner
    union all
    select 80, format('alter default privileges for role %I revoke execute on functions from public;  -- else functions of an owner are everybody''s', owner.rolname)
      from (select distinct p.proowner from pg_catalog.pg_proc as p join schema_to_read as s on s.oid = p.pronamespace) as made
      join pg_catalog.pg_roles as owner on owner.oid = made.proowner
)
select line.text from line order by line.place, line.text
