-- golang-migrate keeps only the newest version; `dirty`: it failed half-way.
select m.version::text, null::text as id, null::text as checksum, not m.dirty as finished, false as baseline
  from "the table" as m
