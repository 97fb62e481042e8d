-- The matrix of responsibility: one row an object, its cells as one JSON object.
--
-- Required cells and owners are views that the planner cannot estimate, and a join of two of them becomes a nested
-- loop on a bad day. So both are put on one heap and grouped: that is hashed or sorted, never looped. The two parts
-- of a cell meet in one group; max() and bool_or() pick the one that is there.
with heap as (
    select
        i.object_type,
        i.object_ref,
        s.scope_code    as scope,
        null::text      as owner,
        null::text      as resolution,
        null::text      as source,
        true            as is_cell,
        false           as is_conflict
    from v_governance_object_inventory as i
    cross join governance_responsibility_scope as s
    where i.born
      and i.requires_owner
      and s.status = 'active'
    union all
    select
        e.object_type,
        e.object_ref,
        e.scope,
        e.owner_gov_code,
        e.resolution,
        e.source_anchor_ref,
        false,
        -- As an expression it is a hashed set, never a join. The row that decides may be an anchor.
        (e.source_anchor_type, e.source_anchor_ref, e.scope) in (
            select c.object_type, c.object_ref, c.scope
            from v_object_owner_conflict as c
        )
    from v_object_effective_owner as e
),
cell as (
    select
        h.object_type,
        h.object_ref,
        h.scope,
        max(h.owner)           as owner,
        max(h.resolution)      as resolution,
        max(h.source)          as source,
        bool_or(h.is_conflict) as is_conflict
    from heap as h
    group by h.object_type, h.object_ref, h.scope
    having bool_or(h.is_cell)
),
object as (
    select
        x.object_type,
        x.object_ref,
        max(x.group_ref) as group_ref,
        jsonb_object_agg(
            x.scope,
            jsonb_build_object(
                'owner',      x.owner,
                'resolution', x.resolution,
                'source',     x.source,
                'gap',        x.owner is null,
                'conflict',   x.is_conflict
            )
        ) filter (where x.scope is not null) as cells
    from (
        select c.object_type, c.object_ref, c.scope, c.owner, c.resolution, c.source, c.is_conflict, null::text as group_ref
        from cell as c
        union all
        select m.object_type, m.object_ref, null, null, null, null, null, m.parent_ref
        from v_governance_object_containment as m
        where m.parent_type = 'group'
    ) as x
    group by x.object_type, x.object_ref
)
select jsonb_build_object(
    'object_type', o.object_type,
    'object_ref',  o.object_ref,
    'group_ref',   o.group_ref,
    'cells',       o.cells
)
from object as o
where o.cells is not null
  and ($1::text is null or o.group_ref = $1)
  and ($2::text is null or o.object_ref = $2 or o.object_type || ':' || o.object_ref = $2)
order by o.object_type collate "C", o.object_ref collate "C"
limit $3::bigint
offset $4::bigint
