-- The matrix of responsibility: one row an object, its owners as arrays. Each object needs each active scope, so a
-- scope without an entry is a gap.
--
-- Inventory, groups and owners are views that the planner cannot estimate, and a join of two of them becomes a
-- nested loop on a bad day. So all three are put on one heap and grouped: that is hashed or sorted, never looped.
with heap as (
    select
        i.object_type,
        i.object_ref,
        true          as is_object,
        null::text    as group_ref,
        null::text    as scope,
        null::text    as owner,
        null::text    as resolution,
        null::text    as source,
        null::boolean as is_conflict
    from v_governance_object_inventory as i
    where i.born
      and i.requires_owner
    union all
    select
        c.object_type,
        c.object_ref,
        false,
        c.parent_ref,
        null,
        null,
        null,
        null,
        null
    from v_governance_object_containment as c
    where c.parent_type = 'group'
    union all
    select
        e.object_type,
        e.object_ref,
        false,
        null,
        e.scope,
        e.owner_gov_code,
        e.resolution,
        e.source_anchor_ref,
        -- As an expression it is a hashed set, never a join. The row that decides may be an anchor.
        (e.source_anchor_type, e.source_anchor_ref, e.scope) in (
            select x.object_type, x.object_ref, x.scope
            from v_object_owner_conflict as x
        )
    from v_object_effective_owner as e
)
select
    o.object_type,
    o.object_ref,
    o.group_ref,
    o.columns,
    o.owners,
    o.resolutions,
    o.sources,
    o.conflicts
from (
    select
        h.object_type,
        h.object_ref,
        max(h.group_ref)                                                               as group_ref,
        coalesce(array_agg(h.scope) filter (where h.scope is not null), '{}')          as columns,
        coalesce(array_agg(h.owner) filter (where h.scope is not null), '{}')          as owners,
        coalesce(array_agg(h.resolution) filter (where h.scope is not null), '{}')     as resolutions,
        coalesce(array_agg(h.source) filter (where h.scope is not null), '{}')         as sources,
        coalesce(array_agg(h.is_conflict) filter (where h.scope is not null), '{}')    as conflicts
    from heap as h
    group by h.object_type, h.object_ref
    having bool_or(h.is_object)
) as o
where ($1::text is null or o.group_ref = $1)
  and ($2::text is null or o.object_ref = $2 or o.object_type || ':' || o.object_ref = $2)
order by o.object_type collate "C", o.object_ref collate "C"
limit $3::bigint
offset $4::bigint
