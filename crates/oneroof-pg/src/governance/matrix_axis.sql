-- The matrix of another axis: the cells that its rules require, and the active assignments that no rule asks for.
-- Put on one heap and grouped, as in matrix.sql.
with heap as (
    select
        r.object_type,
        r.object_ref,
        r.value_code,
        null::text as owner,
        null::text as resolution,
        true       as is_cell
    from v_axis_required_cell as r
    where r.axis_code = $5::text
    union all
    select
        a.object_type,
        a.object_ref,
        a.value_code,
        null,
        null,
        true
    from axis_assignment as a
    where a.axis_code = $5::text
      and a.status = 'active'
    union all
    select
        e.object_type,
        e.object_ref,
        e.value_code,
        e.owner_gov_code,
        e.resolution,
        false
    from v_axis_effective_owner as e
    where e.axis_code = $5::text
      and e.owner_kind = 'accountable'
),
cell as (
    select
        h.object_type,
        h.object_ref,
        h.value_code,
        max(h.owner)                               as owner,
        max(h.resolution)                          as resolution,
        -- Two rows of which both count: the index stops new ones, so this is an old or foreign one.
        count(h.owner) > 1                         as is_conflict
    from heap as h
    group by h.object_type, h.object_ref, h.value_code
    having bool_or(h.is_cell)
),
object as (
    select
        x.object_type,
        x.object_ref,
        max(x.group_ref)                                                                as group_ref,
        array_agg(x.value_code) filter (where x.value_code is not null)                 as columns,
        array_agg(x.owner) filter (where x.value_code is not null)                      as owners,
        array_agg(x.resolution) filter (where x.value_code is not null)                 as resolutions,
        array_agg(x.source) filter (where x.value_code is not null)                     as sources,
        array_agg(x.is_conflict) filter (where x.value_code is not null)                as conflicts
    from (
        select
            c.object_type,
            c.object_ref,
            null::text                                         as group_ref,
            c.value_code,
            c.owner,
            c.resolution,
            case when c.owner is not null then c.object_ref end as source,
            c.is_conflict
        from cell as c
        union all
        select m.object_type, m.object_ref, m.parent_ref, null, null, null, null, null
        from v_governance_object_containment as m
        where m.parent_type = 'group'
    ) as x
    group by x.object_type, x.object_ref
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
from object as o
where o.columns is not null
  and ($1::text is null or o.group_ref = $1)
  and ($2::text is null or o.object_ref = $2 or o.object_type || ':' || o.object_ref = $2)
order by o.object_type collate "C", o.object_ref collate "C"
limit $3::bigint
offset $4::bigint
