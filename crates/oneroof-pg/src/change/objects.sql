-- The inventory and its groups.
select jsonb_build_object('object_type', o.object_type, 'object_ref', o.object_ref)
from (
    select i.object_type::text, i.object_ref::text
    from v_governance_object_inventory as i
    union
    select c.parent_type::text, c.parent_ref::text
    from v_governance_object_containment as c
    where c.parent_ref is not null
) as o
order by o.object_type, o.object_ref
