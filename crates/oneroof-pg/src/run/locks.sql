-- Locks on relations that this session holds; the function behind pg_locks, without the view on top. Names are not looked up here: what a statement dropped has
-- none any more, and its lock is held all the same.
select
    lock.relation,
    lock.mode
from pg_catalog.pg_lock_status() as lock
where lock.pid = pg_catalog.pg_backend_pid()
  and lock.locktype = 'relation'
  and lock.granted
  and lock.relation >= 16384
