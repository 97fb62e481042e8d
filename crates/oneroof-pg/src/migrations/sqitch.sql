-- The changes of one project ($1); of all where it is not known. Old registries have the id in the place of the hash.
select c.change::text, c.change_id::text as id, nullif(c.script_hash, c.change_id)::text as checksum, true as finished,
       false as baseline
  from "the table" as c
 where c.project = coalesce($1::text, c.project)
 order by c.committed_at
