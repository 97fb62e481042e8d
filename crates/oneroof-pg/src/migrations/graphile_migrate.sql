select m.filename::text, null::text as id, m.hash::text as checksum, true as finished, false as baseline
  from "the table" as m
 order by m.filename
