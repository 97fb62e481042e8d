-- The schemas that names without one are searched in, without temporary ones; read before the path is changed.
select pg_catalog.current_schemas(false)::pg_catalog.text[] as path
