-- Gives the session lock of a release run back.
select pg_advisory_unlock(hashtextextended('oneroof.release', 0))
