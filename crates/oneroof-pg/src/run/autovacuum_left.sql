-- Is the setting in force, and has every worker ended?
select pg_catalog.current_setting('autovacuum') = 'off'
       and not exists (select from pg_catalog.pg_stat_activity as a where a.backend_type in ('autovacuum worker', 'autovacuum launcher')) as quiet
