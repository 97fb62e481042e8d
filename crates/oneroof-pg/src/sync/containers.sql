-- The containers of the inventory.
select coalesce(
    jsonb_agg(
        jsonb_build_object('container', g.container_name, 'group', g.group_code, 'governed', g.governed)
        order by g.container_name),
    '[]')
from governance_inventory_group as g
