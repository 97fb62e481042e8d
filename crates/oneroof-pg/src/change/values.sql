-- The values of all axes.
select jsonb_build_object(
    'axis', v.axis_code,
    'value', v.value_code,
    'parent', v.parent_value_code,
    'status', v.status,
    'kind', v.provenance ->> 'kind',
    'merged_into', v.provenance ->> 'merged_into',
    'transitions', jsonb_array_length(v.provenance -> 'transitions')
)
from axis_value as v
order by v.axis_code, v.value_code
