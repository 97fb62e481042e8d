-- Who holds which cell of responsibility.
select jsonb_build_object(
    'axis', 'responsibility',
    'object_type', e.object_type,
    'object_ref', e.object_ref,
    'value', e.scope,
    'owner', e.owner_gov_code || case when e.resolution = 'inherited' then ' (from ' || e.source_anchor_ref || ')' else '' end
)
from v_object_effective_owner as e
