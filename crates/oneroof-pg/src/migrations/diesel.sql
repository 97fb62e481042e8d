select m.version::text, null::text as checksum, true as finished
  from __diesel_schema_migrations as m
 order by m.version
