select h.version::text, null::text as id, h.checksum::text as checksum, true as finished, false as baseline
  from "the table" as h
 order by h.version
