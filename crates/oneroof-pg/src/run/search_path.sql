-- The search path of a transaction: the package's schema alone, or what the session has. A schema that does not exist
-- must not leave pg_temp as the first one: `current_schema()` would then make it, and write.
select case
    when $1::text is null then current_setting('search_path')
    when exists (select from pg_catalog.pg_namespace as n where n.nspname = $1::text) then format('%I, pg_temp', $1::text)
    else 'pg_catalog, pg_temp'
end
