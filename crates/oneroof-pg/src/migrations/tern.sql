-- tern keeps only the newest version; 0 is none.
select m.version::text, null::text as id, null::text as checksum, true as finished, false as baseline
  from "the table" as m
 where m.version > 0
