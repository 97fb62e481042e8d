-- The topics in the order of their tree.
select jsonb_build_object(
    'topic',           t.topic,
    'name',            t.value_name,
    'parent',          t.parent,
    'status',          t.status,
    'provenance_kind', t.provenance_kind,
    'merged_into',     v.provenance ->> 'merged_into',
    'depth',           t.depth,
    'path',            t.path,
    'objects',         (
        select count(*)
        from axis_assignment as a
        where a.axis_code = 'topic'
          and a.value_code = t.topic
          and a.status = 'active'
    ),
    'labels',          (
        select coalesce(jsonb_agg(m.label_code order by m.label_code), '[]')
        from topic_taxonomy_map as m
        where m.axis_code = 'topic'
          and m.value_code = t.topic
    )
)
from v_ui_topic_tree as t
join axis_value as v
    on v.axis_code = 'topic'
    and v.value_code = t.topic
where $1::text is null
   or t.status = $1::text
order by string_to_array(t.path, '/')
