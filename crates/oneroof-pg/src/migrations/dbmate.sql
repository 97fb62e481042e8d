select m.version::text, null::text as checksum, true as finished
  from schema_migrations as m
 order by m.version
