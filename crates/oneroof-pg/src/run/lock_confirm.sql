-- The transaction lock on the second key, and whether the run lock's session still holds the first.
-- The second key is only ever contended by a run whose lock was lost, so waiting is bounded by lock_timeout.
with
second_key as materialized (
    select pg_advisory_xact_lock(hashtextextended('oneroof.release.tier', 0))
)
select exists (
    select
    from pg_catalog.pg_locks as locks
    where locks.locktype = 'advisory'
      and locks.database = (select oid from pg_catalog.pg_database where datname = current_database())
      and locks.pid = $1::integer
      and locks.granted
      and locks.objsubid = 1
      and (locks.classid::bigint << 32) | locks.objid::bigint = hashtextextended('oneroof.release', 0)
)
from second_key
