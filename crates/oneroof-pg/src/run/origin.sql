-- Is the origin of a replication set in this session? Nothing but its own function shows or resets that.
select pg_catalog.pg_replication_origin_session_is_setup()
