-- A table then gives its rows from its first page on, by one process: their order is a fact of the table, not of the moment.
set local max_parallel_workers_per_gather = 0;
set local synchronize_seqscans = off
