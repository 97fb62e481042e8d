-- Type 1 is a baseline: Atlas begins after it. A version that begins with a point is the table's own name.
select r.version::text, null::text as id, r.hash::text as checksum, r.applied = r.total as finished, r.type = 1 as baseline
  from "the table" as r
 where r.version !~ '^[.]'
 order by r.version
