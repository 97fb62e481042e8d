-- Facts about the current database itself.
select d.datname::text                                                  as name,
       pg_catalog.pg_get_userbyid(d.datdba)::text                       as owner,
       pg_catalog.pg_encoding_to_char(d.encoding)::text                 as encoding,
       d.datcollate::text                                               as collate,
       d.datctype::text                                                 as ctype,
       coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')                  as locale_provider,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as locale,
       d.datacl::text[]                                                 as acl,
       pg_catalog.shobj_description(d.oid, 'pg_database')               as comment,
       pg_catalog.pg_database_size(d.oid)                               as size_bytes,
       array(select case s.setrole when 0 then '' else pg_catalog.pg_get_userbyid(s.setrole)::text || ': ' end || setting
               from pg_catalog.pg_db_role_setting as s
              cross join unnest(s.setconfig) as setting
              where s.setdatabase = d.oid
                and setting not like 'oneroof.mark=%'
              order by 1)                                               as settings
  from pg_catalog.pg_database as d
 where d.datname = pg_catalog.current_database()
