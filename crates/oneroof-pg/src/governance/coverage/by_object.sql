-- Each object that needs an owner, with the number of its gaps. Objects and gaps are put on one heap and counted,
-- because a join of the two views may be planned as a nested loop.
with scopes as materialized (
    select count(*) as wanted
    from governance_responsibility_scope as s
    where s.status = 'active'
)
select jsonb_build_object(
    'object_type',     x.object_type,
    'object_ref',      x.object_ref,
    'scopes_required', s.wanted,
    'covered',         s.wanted - x.gaps,
    'gap',             x.gaps
)
from (
    select
        h.object_type,
        h.object_ref,
        sum(h.gap)::bigint as gaps
    from (
        select i.object_type, i.object_ref, 0 as gap
        from v_governance_object_inventory as i
        where i.born
          and i.requires_owner
        union all
        select g.object_type, g.object_ref, 1
        from v_object_owner_gap as g
    ) as h
    where $1::text is null
       or h.object_ref = $1
       or h.object_type || ':' || h.object_ref = $1
    group by h.object_type, h.object_ref
) as x
cross join scopes as s
order by x.object_type collate "C", x.object_ref collate "C"
