-- Limits of a transaction that reads rows for a copy: it takes as long as it takes, and is ended by its client.
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
set local lock_timeout = '5s'
