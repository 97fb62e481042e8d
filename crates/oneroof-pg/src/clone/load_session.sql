-- Settings of a session that loads a copy: what pg_restore sets, and what belongs to data that nobody will miss.
set statement_timeout = 0;
set lock_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set default_transaction_read_only = off;
set standard_conforming_strings = on;
set search_path = '';
set check_function_bodies = off;
set xmloption = content;
set client_min_messages = warning;
set row_security = off;
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set timezone = 'UTC';
set lc_monetary = 'C';
set default_tablespace = '';
set maintenance_work_mem = '256MB'
