select m.version::text, encode(m.checksum, 'hex') as checksum, m.success as finished
  from _sqlx_migrations as m
 order by m.version
