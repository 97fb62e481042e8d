-- What the views read of the application's vocabulary, as tables or as views of the base over them.
select count(*),
       string_agg(n.relation || '.' || n.attribute, ', ' order by n.relation, n.attribute)
from (values
    ('taxonomy_facets', 'id'),
    ('taxonomy_facets', 'code'),
    ('taxonomy_facets', 'status'),
    ('taxonomy',        'code'),
    ('taxonomy',        'facet_id'),
    ('taxonomy',        'status'),
    ('label_rules',     'id'),
    ('label_rules',     'rule_type'),
    ('label_rules',     'condition'),
    ('label_rules',     'result_label'),
    ('label_rules',     'status'),
    ('entity_labels',   'label_code'),
    ('entity_labels',   'rule_id'),
    ('entity_labels',   'assigned_at')
) as n (relation, attribute)
where not exists (
    select from pg_attribute a
    where a.attrelid = to_regclass(n.relation)
      and a.attname = n.attribute
      and a.attnum > 0
      and not a.attisdropped
)
