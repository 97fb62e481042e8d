-- What speaks for and against a copy of this server's files.
select (select r.rolsuper or r.rolreplication from pg_catalog.pg_roles as r where r.rolname = current_user) as may_copy,
       (select array_agg(t.spcname::text order by t.spcname)
          from pg_catalog.pg_tablespace as t where t.spcname not in ('pg_default', 'pg_global')) as tablespaces,
       (select coalesce(array_agg(d.datname::text order by d.datname), '{}')
          from pg_catalog.pg_database as d
         where d.datname <> pg_catalog.current_database() and not d.datistemplate and d.datname <> 'postgres') as other_databases,
       (select sum(pg_catalog.pg_database_size(d.oid))::bigint from pg_catalog.pg_database as d
         where pg_catalog.has_database_privilege(d.oid, 'connect')) as bytes,
       (select count(*) from pg_catalog.pg_class as c where c.relkind = 'r' and c.relpersistence = 'u') as unlogged_tables,
       pg_catalog.current_setting('max_wal_senders')::integer as senders,
       pg_catalog.quote_ident(current_user) as role
