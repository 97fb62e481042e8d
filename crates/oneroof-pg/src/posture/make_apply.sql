-- The statements that make role $1 a right apply role of this database, one per row. A password is set apart from this.
-- It acts as the owners of what is in the database, and only inside a release.
with line (place, text) as (
    select 10, format('%s role %I login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 8;',
        case when exists (select from pg_catalog.pg_roles where rolname = $1) then 'alter' else 'create' end, $1::text)
    union all
    select 40, format('grant %I to %I%s;  -- owner of objects here: keep it only if a package has it as run_as', owner.rolname, $1::text,
        case when current_setting('server_version_num')::integer >= 160000 then ' with inherit false' else '' end)
      from (select distinct c.relowner
              from pg_catalog.pg_class as c
              join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
             where n.nspname !~ '^pg_'
               and n.nspname not in ('information_schema', 'oneroof')) as made
      join pg_catalog.pg_roles as owner on owner.oid = made.relowner
     where not owner.rolsuper
       and owner.rolname not in ($1, 'oneroof_ledger')
    union all
    select 50, format('grant connect on database %I to %I;', current_database(), $1::text)
    union all
    select 60, text
      from (values (format('grant usage on schema oneroof to %I;', $1::text)),
                   (format('grant execute on function oneroof.append(text, jsonb) to %I;', $1::text))) as adopted (text)
     where to_regnamespace('oneroof') is not null
)
select line.text from line order by line.place, line.text
