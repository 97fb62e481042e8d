-- Keeps the key $1 of masked values in the running transaction.
select pg_catalog.set_config('oneroof.mask_key', $1::text, true)
