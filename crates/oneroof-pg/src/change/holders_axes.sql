-- All rows of a cell of another axis.
select jsonb_build_object(
    'id', o.ownership_id,
    'owner', o.owner_gov_code,
    'kind', o.owner_kind,
    'anchor', false,
    'lifecycle', o.lifecycle_status,
    'moment', case
        when o.effective_to <= now() then 'past'
        when o.effective_from > now() then 'future'
        else 'present'
    end,
    'from', to_char(o.effective_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'to', to_char(o.effective_to at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'approval_ref', o.approval_ref,
    'created_by', o.created_by
)
from axis_object_ownership as o
where o.object_type = $1
  and o.object_ref = $2
  and o.axis_code = $3
  and o.value_code = $4
order by o.ownership_id
