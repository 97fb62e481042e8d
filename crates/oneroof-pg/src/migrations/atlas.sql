select r.version::text, r.hash::text as checksum, r.applied = r.total as finished
  from atlas_schema_revisions.atlas_schema_revisions as r
 order by r.version
