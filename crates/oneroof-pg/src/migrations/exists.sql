-- Is there a relation of this name ($1)?
select pg_catalog.to_regclass($1::text) is not null as is_there
