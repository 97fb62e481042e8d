select h.version::text, null::text as checksum, true as finished
  from refinery_schema_history as h
 order by h.version
