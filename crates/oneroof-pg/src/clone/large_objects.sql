-- Are there large objects?
select exists (select from pg_catalog.pg_largeobject_metadata) as are_there
