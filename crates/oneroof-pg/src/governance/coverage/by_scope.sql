-- Each active scope: how many objects need an owner for it, and how many have one.
with gap as materialized (
    select g.scope, count(*) as cells
    from v_object_owner_gap as g
    group by g.scope
),
inventory as materialized (
    select count(*) as objects
    from v_governance_object_inventory as i
    where i.born
      and i.requires_owner
)
select jsonb_build_object(
    'scope',       s.scope_code,
    'description', s.description,
    'objects',     i.objects,
    'covered',     i.objects - coalesce(g.cells, 0),
    'gap',         coalesce(g.cells, 0)
)
from governance_responsibility_scope as s
cross join inventory as i
left join gap as g
    on g.scope = s.scope_code
where s.status = 'active'
order by s.sort, s.scope_code
