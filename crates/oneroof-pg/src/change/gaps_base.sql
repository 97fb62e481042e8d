-- Cells of responsibility without owner.
select jsonb_build_object(
    'axis', 'responsibility',
    'object_type', g.object_type,
    'object_ref', g.object_ref,
    'value', g.scope
)
from v_object_owner_gap as g
