-- Row operations of this session's present transaction, by table.
select
    format('%I.%I', stats.schemaname, stats.relname),
    stats.n_tup_ins,
    stats.n_tup_upd,
    stats.n_tup_del
from pg_catalog.pg_stat_xact_user_tables as stats
where stats.schemaname <> 'oneroof'
  and stats.n_tup_ins + stats.n_tup_upd + stats.n_tup_del > 0
order by 1
