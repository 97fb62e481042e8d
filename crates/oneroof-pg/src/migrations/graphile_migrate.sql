select m.filename::text, m.hash::text as checksum, true as finished
  from graphile_migrate.migrations as m
 order by m.filename
