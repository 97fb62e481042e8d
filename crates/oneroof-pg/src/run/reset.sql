-- Gives up what a transaction can leave in its session and can be given up: as DISCARD ALL, but for prepared statements (ours)
-- and temporary tables (a question of clean.sql). Also the seed of random numbers; and the counters of rows are written out at
-- the end, so that the next transaction begins with none (15 on).
begin;
reset role;
reset session authorization;
reset all;
set local search_path = pg_catalog;
close all;
unlisten *;
discard sequences;
select pg_catalog.pg_advisory_unlock_all();
select pg_catalog.setseed(('x' || left(pg_catalog.gen_random_uuid()::text, 8))::bit(32)::int / 2147483648.0);
select pg_catalog.pg_stat_force_next_flush();
