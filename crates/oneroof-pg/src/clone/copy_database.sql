-- The statements that make a closed copy of database $1 named $2 with its owner, open it, and drop it. No session may
-- be on the original meanwhile. From 15 on files are copied instead of being written to the log.
select format('create database %I template %I owner %I allow_connections false%s', $2::text, d.datname, pg_catalog.pg_get_userbyid(d.datdba),
              case when pg_catalog.current_setting('server_version_num')::int4 >= 150000 then ' strategy file_copy' end) as "create",
       format('alter database %I allow_connections true', $2::text) as "open",
       format('drop database if exists %I with (force)', $2::text) as "drop"
  from pg_catalog.pg_database as d
 where d.datname = $1::text
