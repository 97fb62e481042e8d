-- Is this statement inside a transaction block? Asked by the simple protocol, alone in its message:
-- outside of a block the transaction starts at the very instant of the statement.
select now() <> statement_timestamp()
    or pg_catalog.pg_current_xact_id_if_assigned() is not null as inside
