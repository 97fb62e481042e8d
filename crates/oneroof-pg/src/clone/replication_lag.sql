-- How long the replicas of this server lag behind at most, in seconds; 0 without replicas, or where nobody tells.
select coalesce(extract(epoch from max(greatest(r.replay_lag, r.flush_lag, r.write_lag))), 0)::float8 as seconds
  from pg_catalog.pg_stat_replication as r
