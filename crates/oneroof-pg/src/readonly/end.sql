-- Always a rollback, never a commit. What a session could keep beyond it is taken away too; prepared statements are only
-- our own.
rollback;
close all;
reset session authorization;
reset all;
select pg_catalog.pg_advisory_unlock_all();
discard temp;
discard sequences;
