-- What a target holds, as a sync reads it: active rows only, what ended is history.
select jsonb_build_object(
    'agencies', (
        select coalesce(jsonb_agg(jsonb_build_object('code', g.code, 'name', g.name, 'status', g.status) order by g.code), '[]')
        from governance_registry as g
    ),
    'relations', (
        select coalesce(jsonb_agg(jsonb_build_object('agency', r.agency_code, 'kind', r.relation_kind, 'law', r.law_ref) order by r.relation_id), '[]')
        from governance_relations as r
    ),
    'scopes', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'code', s.scope_code,
            'description', s.description,
            'hint', s.default_owner_hint,
            'status', s.status,
            'sort', s.sort) order by s.sort, s.scope_code), '[]')
        from governance_responsibility_scope as s
    ),
    'inventory', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'object_type', i.object_type,
            'object_ref', i.object_ref,
            'required', i.born and i.requires_owner,
            'group', c.parent_ref) order by i.object_type, i.object_ref), '[]')
        from v_governance_object_inventory as i
        left join v_governance_object_containment as c
          on c.object_type = i.object_type
         and c.object_ref = i.object_ref
         and c.parent_type = 'group'
    ),
    'values', (
        select coalesce(jsonb_agg(jsonb_build_object('axis', v.axis_code, 'value', v.value_code, 'status', v.status) order by v.axis_code, v.value_code), '[]')
        from axis_value as v
    ),
    'containment_owner_scope', (
        select a.owner_scope_ref
        from axis_registry as a
        where a.axis_code = 'containment'
    ),
    'assignments', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', a.assignment_id,
            'object_type', a.object_type,
            'object_ref', a.object_ref,
            'axis', a.axis_code,
            'value', a.value_code) order by a.assignment_id), '[]')
        from axis_assignment as a
        where a.status = 'active'
    ),
    'owners', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', o.id,
            'object_type', o.object_type,
            'object_ref', o.object_ref,
            'scope', o.scope,
            'owner', o.owner_gov_code,
            'kind', o.owner_kind,
            'anchor', o.is_inherited_anchor,
            'ended', coalesce(o.effective_to <= now(), false),
            'future', o.effective_from > now(),
            'to', o.effective_to) order by o.id), '[]')
        from governance_object_ownership as o
        where o.lifecycle_status = 'active'
    ),
    'axis_owners', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', o.ownership_id,
            'object_type', o.object_type,
            'object_ref', o.object_ref,
            'axis', o.axis_code,
            'value', o.value_code,
            'owner', o.owner_gov_code,
            'kind', o.owner_kind,
            'derived', o.provenance ->> 'kind' is not distinct from 'derived',
            'ended', coalesce(o.effective_to <= now(), false)) order by o.ownership_id), '[]')
        from axis_object_ownership as o
        where o.lifecycle_status = 'active'
    ),
    'map', (
        select coalesce(jsonb_agg(jsonb_build_object('value', m.value_code, 'label', m.label_code) order by m.value_code, m.label_code), '[]')
        from topic_taxonomy_map as m
    )
)
