-- governance_inventory_group: rows of the change go, rows that it changed or removed are as they were.

delete from governance_inventory_group
where created_by = current_setting('oneroof.release_tag', true);

update governance_inventory_group as t
set (
        group_code, governed, created_by
    ) = row (
        r.group_code, r.governed, r.created_by
    )
from jsonb_populate_recordset(
         null::governance_inventory_group,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_inventory_group') as r
where r.container_name = t.container_name;

insert into governance_inventory_group (
    container_name, group_code, governed, created_by
)
select
    r.container_name, r.group_code, r.governed, r.created_by
from jsonb_populate_recordset(
         null::governance_inventory_group,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_inventory_group') as r
where not exists (
    select
    from governance_inventory_group as t
    where r.container_name = t.container_name);
