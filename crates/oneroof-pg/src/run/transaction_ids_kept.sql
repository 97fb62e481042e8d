-- Transaction ids that were given away since $1, and how many of them did not end in a rollback.
select count(*) as given,
       count(*) filter (where pg_catalog.pg_xact_status(ids.id::text::xid8) is distinct from 'aborted') as kept
  from generate_series($1::int8, pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::int8 - 1) as ids (id)
