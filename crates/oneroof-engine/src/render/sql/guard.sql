
begin
{{entry}}    if current_database() is distinct from nullif(current_setting('oneroof.expected_database', true), '') then
        raise exception using
            message = format(
                '%s ABORT: wrong database: %s, expected %s',
                {{label}},
                current_database(),
                coalesce(nullif(current_setting('oneroof.expected_database', true), ''), 'no name')
            ),
            hint = 'connect to the database that was approved; params.sql names it in oneroof.expected_database';
    end if;
    if nullif(current_setting('oneroof_run.database_oid', true), '') <> (
        select d.oid::text from pg_catalog.pg_database as d where d.datname = current_database()
    ) then
        raise exception using
            message = format(
                '%s ABORT: wrong database: %s is not the one that the scripts were rendered for (oid %s, expected %s)',
                {{label}},
                current_database(),
                (select d.oid from pg_catalog.pg_database as d where d.datname = current_database()),
                current_setting('oneroof_run.database_oid')
            ),
            hint = 'render the scripts again with --target, or empty oneroof_run.database_oid in params.sql';
    end if;
    -- The lock of every release run, of oneroof too; it ends with this transaction.
    if not pg_try_advisory_xact_lock(hashtextextended('oneroof.release', 0)) then
        raise exception using
            message = {{label}} || ' ABORT: another release run holds this database',
            hint = 'wait until it is done, then look at the state of the database before trying again';
    end if;
{{version}}    if current_setting('synchronous_commit') = 'off' then
        perform set_config('synchronous_commit', 'on', true);
    end if;
    perform set_config('oneroof_run.broken', '', true);
    perform set_config('oneroof_run.before', '', true);
end
