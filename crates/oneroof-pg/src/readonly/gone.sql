-- Is the server process of a connection of ours still there? Its start tells it from a later one with the same number.
select pg_catalog.count(*)
  from pg_catalog.pg_stat_activity
 where pid operator(pg_catalog.=) $1
   and backend_start operator(pg_catalog.<=) $2
