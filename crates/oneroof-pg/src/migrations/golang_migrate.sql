-- golang-migrate keeps only the newest version; `dirty`: it failed half-way.
select m.version::text, null::text as checksum, not m.dirty as finished
  from schema_migrations as m
