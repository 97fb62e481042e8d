-- governance_inventory_object: rows of the change go, rows that it changed or removed are as they were.

delete from governance_inventory_object
where created_by = current_setting('oneroof.release_tag', true);

update governance_inventory_object as t
set (
        group_code, requires_owner, born, created_by
    ) = row (
        r.group_code, r.requires_owner, r.born, r.created_by
    )
from jsonb_populate_recordset(
         null::governance_inventory_object,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_inventory_object') as r
where r.object_ref = t.object_ref;

insert into governance_inventory_object (
    object_ref, group_code, requires_owner, born, created_by
)
select
    r.object_ref, r.group_code, r.requires_owner, r.born, r.created_by
from jsonb_populate_recordset(
         null::governance_inventory_object,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_inventory_object') as r
where not exists (
    select
    from governance_inventory_object as t
    where r.object_ref = t.object_ref);
