-- The first statement that counts: from here on nobody can make the transaction writable. Says who and where we are.
-- Only functions and operators of PostgreSQL itself: the search path is still the role's own.
select
    pg_catalog.pg_backend_pid(),
    session_user::pg_catalog.text,
    current_user::pg_catalog.text,
    (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname operator(pg_catalog.=) current_user),
    pg_catalog.current_setting('transaction_read_only'),
    pg_catalog.current_setting('transaction_isolation'),
    pg_catalog.current_setting('standard_conforming_strings'),
    pg_catalog.current_setting('client_encoding'),
    pg_catalog.current_setting('server_version_num'),
    pg_catalog.current_database()::pg_catalog.text,
    pg_catalog.current_schemas(false)::pg_catalog.text[],
    pg_catalog.pg_current_snapshot()::pg_catalog.text,
    pg_catalog.pg_postmaster_start_time()::pg_catalog.text
