-- The list of containers as it will be. Runs below a savepoint that is rolled back.
with entry as (
    select e.op, e.container, e."group", e.governed
    from jsonb_to_recordset($1::jsonb) as e (op text, container text, "group" text, governed boolean)
),
removed as (
    delete from governance_inventory_group as g
    using entry as e
    where e.op = 'remove'
      and g.container_name = e.container
),
changed as (
    update governance_inventory_group as g
    set group_code = e."group",
        governed = e.governed
    from entry as e
    where e.op = 'set'
      and g.container_name = e.container
)
insert into governance_inventory_group (container_name, group_code, governed, created_by)
select e.container, e."group", e.governed, 'sync'
from entry as e
where e.op = 'add'
