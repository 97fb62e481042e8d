-- How long the replicas of this server lag behind at most, in seconds, 0 without replicas; how many do not show theirs
-- to us, and the statement that lets us see.
select coalesce(extract(epoch from max(greatest(r.replay_lag, r.flush_lag, r.write_lag))), 0)::float8 as seconds,
       count(*) filter (where r.state is null)                                                        as hidden,
       format('grant pg_read_all_stats to %I', current_user)                                          as grant_statement
  from pg_catalog.pg_stat_replication as r
