-- Waits for the turn of changing governance; it ends with the transaction.
select pg_advisory_xact_lock(hashtextextended('oneroof.change', 0))::text
