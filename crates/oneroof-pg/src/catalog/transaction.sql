-- The id of the running transaction, if it wrote something; null proves that it did not.
select pg_catalog.pg_current_xact_id_if_assigned()::text as transaction_id
