-- Rows of the candidate tables, which we never write.
select
    coalesce(sum(t.rows), 0)::bigint,
    string_agg(format('%s %s', t.table_name, t.rows), ', ' order by t.table_name) filter (where t.rows > 0)
from (
    select 'evolution_snapshots' as table_name, count(*) as rows from evolution_snapshots
    union all
    select 'governance_ruleset', count(*) from governance_ruleset
    union all
    select 'gov_worker_cursor', count(*) from gov_worker_cursor
    union all
    select 'candidate_scan_run', count(*) from candidate_scan_run
    union all
    select 'governance_candidate_state', count(*) from governance_candidate_state
    union all
    select 'governance_candidate_object', count(*) from governance_candidate_object
) as t
