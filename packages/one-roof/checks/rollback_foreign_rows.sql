-- Rows in our tables that this release did not make. Tables 8..10 are derived and not asked.
select coalesce(sum(f.rows), 0)::bigint,
       string_agg(format('%s row(s) in %s made later by: %s', f.rows, f.name, f.makers), '; ' order by f.ordinal)
from (
    select r.ordinal,
           r.name,
           count(*)                                      as rows,
           string_agg(distinct r.maker, ', ')            as makers
    from (
        select 1 as ordinal, 'axis_registry' as name, created_by as maker from axis_registry
        union all select 2, 'axis_value', created_by from axis_value
        union all select 3, 'axis_assignment', created_by from axis_assignment
        union all select 4, 'coverage_rule', created_by from coverage_rule
        union all select 5, 'axis_object_ownership', created_by from axis_object_ownership
        union all select 7, 'topic_taxonomy_map', created_by from topic_taxonomy_map
        union all select 11, 'topic_label_reconcile_decision', tag from topic_label_reconcile_decision
    ) r
    where r.maker is distinct from nullif(current_setting('oneroof.release_tag', true), '')
    group by r.ordinal, r.name
) f
