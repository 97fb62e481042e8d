select m.version::text, null::text as id, encode(m.checksum, 'hex') as checksum, m.success as finished, false as baseline
  from "the table" as m
 order by m.version
