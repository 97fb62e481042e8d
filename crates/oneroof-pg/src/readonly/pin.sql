-- The first statement that counts: from here on nobody can make the transaction writable. Says who and where we are.
select
    pg_backend_pid(),
    session_user::text,
    current_user::text,
    current_setting('is_superuser') = 'on',
    current_setting('transaction_read_only') = 'on',
    current_setting('transaction_isolation'),
    current_setting('standard_conforming_strings') = 'on',
    current_setting('client_encoding'),
    current_setting('server_version_num')::integer,
    current_database()::text
