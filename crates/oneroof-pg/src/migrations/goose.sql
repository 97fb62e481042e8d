-- The newest row of a version decides; version 0 is goose's own.
select m.version_id::text, null::text as id, null::text as checksum, true as finished, false as baseline
  from "the table" as m
 where m.version_id > 0
   and m.is_applied
   and not exists (select from "the table" as later where later.version_id = m.version_id and later.id > m.id)
 order by m.version_id
