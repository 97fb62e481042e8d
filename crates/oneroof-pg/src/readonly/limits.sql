-- Every limit of one statement ($1 … $6), and every setting that decides how its text is read. All of them end with the
-- transaction.
select
    pg_catalog.set_config('statement_timeout', $1, true),
    pg_catalog.set_config('lock_timeout', $2, true),
    pg_catalog.set_config('idle_in_transaction_session_timeout', $3, true),
    pg_catalog.set_config('work_mem', $4, true),
    -- Servers on other systems cannot look whether a client is still there, and refuse the setting.
    pg_catalog.set_config(
        'client_connection_check_interval',
        case when pg_catalog.strpos(pg_catalog.version(), 'linux') operator(pg_catalog.>) 0 then $5 else '0' end,
        true
    ),
    pg_catalog.set_config('application_name', $6, true),
    pg_catalog.set_config('hash_mem_multiplier', '1', true),
    pg_catalog.set_config('max_parallel_workers_per_gather', '0', true),
    pg_catalog.set_config('jit', 'off', true),
    -- One fetch takes all the rows that anybody will see, so the plan for all of them is the better one.
    pg_catalog.set_config('cursor_tuple_fraction', '1', true),
    -- For our own questions about the catalog: planning them takes longer than answering them. A cursor plans with the
    -- values of its parameters whatever this says.
    pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true),
    pg_catalog.set_config('standard_conforming_strings', 'on', true),
    pg_catalog.set_config('backslash_quote', 'safe_encoding', true),
    pg_catalog.set_config('transform_null_equals', 'off', true),
    pg_catalog.set_config('row_security', 'on', true)
