-- A change that was reworked bears the tag before it; the earlier ones of that name come first.
select c.change::text, c.script_hash::text as checksum, true as finished
  from sqitch.changes as c
 order by c.committed_at
