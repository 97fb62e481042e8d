select m.version::text, null::text as id, null::text as checksum, true as finished, false as baseline
  from "the table" as m
 order by m.version
