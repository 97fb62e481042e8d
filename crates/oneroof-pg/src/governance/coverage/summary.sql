-- The whole inventory in eight figures. Each view is read once; nothing is joined that the planner cannot estimate.
with figures as materialized (
    select
        (select count(*) from v_governance_object_inventory as i where i.born and i.requires_owner) as objects,
        (select count(*) from governance_responsibility_scope as s where s.status = 'active')        as scopes,
        (select count(*) from v_object_owner_gap)                                                    as gap,
        (select count(*) from v_object_owner_conflict)                                               as conflicts,
        (
            select count(*)
            from governance_object_ownership as o
            where o.is_inherited_anchor
              and o.owner_kind = 'accountable'
              and o.lifecycle_status = 'active'
              and o.effective_from <= now()
              and (o.effective_to is null or now() < o.effective_to)
        ) as anchors
)
select jsonb_build_object(
    'total_cells',       f.objects * f.scopes,
    'covered_cells',     f.objects * f.scopes - f.gap,
    'gap_cells',         f.gap,
    'coverage_pct',      to_char(
                             round(100.0 * (f.objects * f.scopes - f.gap) / nullif(f.objects * f.scopes, 0), 2),
                             'FM990.00'
                         ),
    'conflicts',         f.conflicts,
    'objects',           f.objects,
    'scopes',            f.scopes,
    'ownership_anchors', f.anchors
)
from figures as f
