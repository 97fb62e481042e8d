-- The session lock of a release run on this database.
select pg_try_advisory_lock(hashtextextended('oneroof.release', 0))
