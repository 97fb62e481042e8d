-- Which database of which cluster this is, and what it is made of.
-- The system identifier and the genesis need a right each: system_identifier.sql, genesis.sql.
-- Columns of pg_database that not every major has are read from its JSON form.
select d.oid::int8                                                     as database_oid,
       d.datname::text                                                 as database_name,
       pg_catalog.current_setting('server_version_num')::int4          as server_version_num,
       pg_catalog.current_setting('server_version')                    as server_version,
       pg_catalog.pg_encoding_to_char(d.encoding)::text                as encoding,
       d.datcollate::text                                              as collate,
       d.datctype::text                                                as ctype,
       coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')                 as locale_provider,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as locale,
       coalesce(pg_catalog.host(pg_catalog.inet_server_addr()), '[local]') as host,
       pg_catalog.current_setting('port')::int4                        as port,
       (select r.rolname::text from pg_catalog.pg_roles as r where r.oid = 10) as bootstrap_superuser,
       pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute') as system_identifier_allowed,
       coalesce((select pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
                   from pg_catalog.pg_namespace as n
                   join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = 'target'
                  where n.nspname = 'oneroof'), false)                 as genesis_allowed,
       exists (select
                 from pg_catalog.pg_namespace as n
                 join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = 'target'
                where n.nspname = 'oneroof')                           as adopted
  from pg_catalog.pg_database as d
 where d.datname = pg_catalog.current_database()
