-- The id of the present transaction, if it was given one.
select pg_current_xact_id_if_assigned()::xid::text
