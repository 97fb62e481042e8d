-- What the server says about database $1 without a connection to it: a golden clone admits none.
select d.oid,
       d.datallowconn as accepts_connections,
       (select substr(setting, length('oneroof.mark=') + 1)
          from pg_catalog.pg_db_role_setting as s
         cross join unnest(s.setconfig) as setting
         where s.setrole = 0
           and s.setdatabase = d.oid
           and setting like 'oneroof.mark=%') as mark,
       array(select concat('pid ', a.pid, ' of ', a.usename, coalesce(' (' || nullif(a.application_name, '') || ')', ''))
               from pg_catalog.pg_stat_activity as a
              where a.datid = d.oid
                and a.backend_type in ('client backend', 'walsender')
                and a.pid <> all ($2::int4[])
              order by a.pid)
       || array(select concat('prepared transaction ', quote_literal(p.gid), ' of ', p.owner)
                  from pg_catalog.pg_prepared_xacts as p
                 where p.database = d.datname
                 order by p.gid) as sessions,
       pg_catalog.pg_get_userbyid(d.datdba)::text as owner
  from pg_catalog.pg_database as d
 where d.datname = $1::text
