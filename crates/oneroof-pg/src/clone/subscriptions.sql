-- The statements that end the subscriptions of this database without a word to their publishers.
select statement
  from pg_catalog.pg_subscription as s
 cross join lateral (values (1, format('alter subscription %I disable', s.subname)),
                            (2, format('alter subscription %I set (slot_name = none)', s.subname)),
                            (3, format('drop subscription %I', s.subname))) as step (place, statement)
 where s.subdbid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
 order by s.subname, place
