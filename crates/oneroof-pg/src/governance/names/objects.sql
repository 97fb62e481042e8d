-- Every object and group that has a name here: listed, a container, or owned.
select i.object_ref from v_governance_object_inventory as i
union
select c.parent_ref from v_governance_object_containment as c
union
select o.object_ref from governance_object_ownership as o
order by 1
