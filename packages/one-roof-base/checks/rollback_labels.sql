-- Rows of the vocabulary that we made empty and somebody has filled since.
select
    coalesce(sum(t.rows), 0)::bigint,
    string_agg(format('%s %s', t.table_name, t.rows), ', ' order by t.table_name) filter (where t.rows > 0)
from (
    select 'taxonomy_facets' as table_name, count(*) as rows from taxonomy_facets
    union all
    select 'taxonomy', count(*) from taxonomy
    union all
    select 'label_rules', count(*) from label_rules
    union all
    select 'entity_labels', count(*) from entity_labels
) as t
