-- What this transaction has seen of other sessions is forgotten, so that they are looked at anew.
select pg_catalog.pg_stat_clear_snapshot()
