-- Each group with the cells of its objects. Objects, groups and gaps are put on one heap and counted, as in
-- by_object.sql.
with scopes as materialized (
    select count(*) as wanted
    from governance_responsibility_scope as s
    where s.status = 'active'
)
select jsonb_build_object(
    'group',   o.group_ref,
    'objects', count(*),
    'cells',   count(*) * s.wanted,
    'covered', count(*) * s.wanted - sum(o.gaps),
    'gap',     sum(o.gaps)
)
from (
    select
        max(h.group_ref)    as group_ref,
        sum(h.gap)::bigint  as gaps
    from (
        select i.object_type, i.object_ref, true as is_object, null::text as group_ref, 0 as gap
        from v_governance_object_inventory as i
        where i.born
          and i.requires_owner
        union all
        select c.object_type, c.object_ref, false, c.parent_ref, 0
        from v_governance_object_containment as c
        where c.parent_type = 'group'
        union all
        select g.object_type, g.object_ref, false, null, 1
        from v_object_owner_gap as g
    ) as h
    group by h.object_type, h.object_ref
    having bool_or(h.is_object)
) as o
cross join scopes as s
group by o.group_ref, s.wanted
order by o.group_ref collate "C"
