-- Who holds which cell of the other axes.
select jsonb_build_object(
    'axis', e.axis_code,
    'object_type', e.object_type,
    'object_ref', e.object_ref,
    'value', e.value_code,
    'owner', string_agg(
        e.owner_gov_code || case when e.owner_kind = 'accountable' then '' else ' (' || e.owner_kind || ')' end,
        ', ' order by e.owner_kind, e.owner_gov_code
    )
)
from v_axis_effective_owner as e
where e.axis_code <> 'responsibility'
group by e.axis_code, e.object_type, e.object_ref, e.value_code
