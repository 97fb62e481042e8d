-- One rehearsal at a time in a kept clone's server: its roles belong to all databases. The session holds it.
select pg_catalog.pg_advisory_lock(7305528115)
