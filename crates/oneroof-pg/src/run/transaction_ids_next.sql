-- The transaction id that the server gives away next.
select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::int8 as next
