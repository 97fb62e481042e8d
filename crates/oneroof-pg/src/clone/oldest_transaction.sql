-- The oldest open transaction of this server, our own included: how old in seconds, and who; how many sessions do not
-- show theirs to us, and the statement that lets us see.
with
seen as (
    select extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float8 as seconds,
           concat_ws(', ',
               'pid ' || a.pid,
               case when a.application_name <> '' then format('application `%s`', a.application_name) else 'no application name' end,
               format('role `%s`', a.usename),
               format('database `%s`', a.datname),
               a.state)                                                            as who
      from pg_catalog.pg_stat_activity as a
     where a.xact_start is not null
       and a.backend_type in ('client backend', 'background worker')
    union all
    select extract(epoch from pg_catalog.clock_timestamp() - p.prepared)::float8,
           format('prepared transaction `%s`, role `%s`, database `%s`', p.gid, p.owner, p.database)
      from pg_catalog.pg_prepared_xacts as p
)
select oldest.seconds, oldest.who,
       (select count(*)
          from pg_catalog.pg_stat_activity as a
         where a.query = '<insufficient privilege>'
           -- background processes have no transactions to show
           and a.datid is not null and a.usesysid is not null)                  as hidden,
       format('grant pg_read_all_stats to %I', current_user)                   as grant_statement
  from (select s.seconds, s.who from seen as s order by s.seconds desc limit 1) as oldest
