-- The active assignments of a topic.
select jsonb_build_object(
    'id', a.assignment_id,
    'object_type', a.object_type,
    'object_ref', a.object_ref,
    'value', a.value_code
)
from axis_assignment as a
where a.axis_code = 'topic'
  and a.value_code = $1
  and a.status = 'active'
order by a.object_type, a.object_ref
