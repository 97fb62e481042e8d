-- The statements that make an empty closed database and open it, or none if the name is taken.
select
    case
        when exists (select from pg_catalog.pg_database where datname = $1::text)
            then array[]::text[]
        else array[
            format('create database %I owner %I template template0 allow_connections false', $1::text, $2::text),
            format('alter database %I allow_connections true', $1::text)
        ]
    end as statements
