-- The database with OID $1, or while that is not known (0) the one with the name $3, which nobody else makes: the
-- statement that drops it, and whether it is still the one that we marked with $2.
select format('drop database if exists %I with (force)', d.datname) as statement,
       d.datname::text                                              as name,
       $1::oid = 0 or exists (
           select
             from pg_catalog.pg_db_role_setting as s
            cross join unnest(s.setconfig) as setting
            where s.setdatabase = d.oid
              and s.setrole = 0
              and setting = 'oneroof.mark=' || $2::text
       )                                                            as is_ours
  from pg_catalog.pg_database as d
 where case when $1::oid = 0 then d.datname = $3::text else d.oid = $1::oid end
